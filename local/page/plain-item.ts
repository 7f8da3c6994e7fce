type Json = Readonly<Record<string, unknown>>;

/**
 * An item as plain JSON: numbers that JavaScript would round stay texts, sets are lists, binary values are base64.
 * @param item as DynamoDB writes it, such as `{"orderID": {"S": "1"}}`
 */
export const plainItem = (item: Json): Json =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(Object(value) as Json)]));

function plainValue(value: Json): unknown {
  const [[type, inner] = ["NULL", true]] = Object.entries(value);
  switch (type) {
    case "N":
      return plainNumber(String(inner));
    case "NS":
      return (inner as readonly string[]).map(plainNumber);
    case "NULL":
      return null;
    case "L":
      return (inner as readonly Json[]).map(plainValue);
    case "M":
      return plainItem(inner as Json);
    default:
      return inner;
  }
}

const plainNumber = (text: string): number | string => (String(Number(text)) === text ? Number(text) : text);
