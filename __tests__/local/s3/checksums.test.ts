import { checksumAlgorithms, checksumOf, verifyChecksums } from "../../../local/s3/checksums";

// The check values of the algorithms, each of the same nine digits.
test.each([
  ["CRC32", "cbf43926"],
  ["CRC32C", "e3069283"],
  ["CRC64NVME", "ae8b14860a799888"],
  ["SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
  ["SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
] as const)("%s of 123456789 is %s", (algorithm, hex) => {
  const { value } = checksumOf(algorithm, Buffer.from("123456789"));
  expect(Buffer.from(value, "base64").toString("hex")).toBe(hex);
});

test("each is verified, and S3's own is made where none is given", () => {
  const body = Buffer.from("text");
  for (const algorithm of checksumAlgorithms) {
    const checksum = checksumOf(algorithm, body);
    const headers = { [`x-amz-checksum-${algorithm.toLowerCase()}`]: checksum.value };
    expect(verifyChecksums(body, headers)).toEqual(checksum);
    expect(() => verifyChecksums(Buffer.from("other"), headers)).toThrow(
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
  expect(verifyChecksums(body, {}).algorithm).toBe("CRC64NVME");
});
