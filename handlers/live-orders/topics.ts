/** What a client can follow: all orders, or the one with an ID. */
export const topicOf = (orderID?: string): string => (orderID === undefined ? "all" : `order#${orderID}`);

/** Whom an order is for. */
export const topicsOf = (orderID: string): readonly string[] => [topicOf(), topicOf(orderID)];
