import fc from "fast-check";
import { FrameSizes } from "../../../local/api-gateway-v2/frame-size";

/** A client's frame with a payload of so many bytes. */
function frame(size: number): Buffer {
  const [second, length] =
    size < 126 ? [size, Buffer.alloc(0)] : size < 65_536 ? [126, Buffer.alloc(2)] : [127, Buffer.alloc(8)];
  if (length.length === 2) length.writeUInt16BE(size);
  if (length.length === 8) length.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([Buffer.from([0x81, 0x80 | second]), length, Buffer.alloc(4), Buffer.alloc(size, 0xff)]);
}

test("sizes of frames are found however their bytes are cut", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 65_535, 65_536)), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(sizes, fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (given, cuts) => {
      const bytes = Buffer.concat(given.map(frame));
      const reader = new FrameSizes();
      const found: number[] = [];
      for (let at = 0, count = 0; at < bytes.length; count += 1) {
        const end = at + (cuts[count % cuts.length] ?? 1);
        found.push(...reader.read(bytes.subarray(at, end)));
        at = end;
      }
      expect(found).toEqual(given);
    }),
  );
});
