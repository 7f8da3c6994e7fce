import { GetBucketLocationCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { openAccess } from "../../support/local";
import { S3Server } from "../../support/s3-server";

let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start(openAccess());
  server.s3.createBucket({ bucket: "taken" });
});
afterEach(() => server.stop());

type Arguments = Readonly<Record<string, unknown>>;

describe("aws_s3_bucket", () => {
  test("gets the attributes that Terraform computes", () => {
    expect(server.s3.createBucket({ bucket: "a-bucket", force_destroy: true, tags: { a: "b" } })).toEqual({
      id: "a-bucket",
      bucket: "a-bucket",
      arn: "arn:aws:s3:::a-bucket",
      region: "eu-west-1",
      bucket_region: "eu-west-1",
      bucket_domain_name: "a-bucket.s3.amazonaws.com",
      bucket_regional_domain_name: "a-bucket.s3.eu-west-1.amazonaws.com",
    });
  });

  test.each(["abc", "a".repeat(63), "a.b-c.1", "1-2", "192.168.5.4a"])("may be called %s", (bucket) => {
    expect(server.s3.createBucket({ bucket }).id).toBe(bucket);
  });

  test.each([
    ["ab", 'must have 3–63 characters, got: "ab"'],
    ["a".repeat(64), "must have 3–63 characters"],
    ["aBc", "must have lower-case letters, digits, - and . only"],
    ["a_c", "must have lower-case letters, digits, - and . only"],
    ["-bc", "must begin and end with a letter or a digit"],
    ["abc.", "must begin and end with a letter or a digit"],
    ["a..b", "must not have two periods side by side"],
    ["192.168.5.4", "must not look like an IP address"],
    ["xn--abc", "must not begin with xn--, sthree- or amzn-s3-demo-"],
    ["sthree-abc", "must not begin with xn--, sthree- or amzn-s3-demo-"],
    ["abc-s3alias", "must not end with -s3alias"],
    ["abc--x-s3", "must not end with -s3alias"],
    ["taken", "a bucket of this name exists already"],
    ["", "bucket must be given"],
  ])("is not made with the name %s", (bucket, message) => {
    expect(() => server.s3.createBucket({ bucket })).toThrow(message);
  });

  test("refuses arguments that are not modelled", () => {
    expect(() => server.s3.createBucket({ bucket: "abc", acl: "private" })).toThrow(
      "aws_s3_bucket of abc: acl is not modelled by the local run",
    );
  });

  test("answers to its name", async () => {
    const client = server.client();
    expect(await client.send(new HeadBucketCommand({ Bucket: "taken" }))).toMatchObject({ BucketRegion: "eu-west-1" });
    expect(await client.send(new GetBucketLocationCommand({ Bucket: "taken" }))).toMatchObject({
      LocationConstraint: "eu-west-1",
    });
    await expect(client.send(new HeadBucketCommand({ Bucket: "nowhere" }))).rejects.toMatchObject({ name: "NotFound" });
  });

  test.each(["taken.localhost:4566", "taken.s3.amazonaws.com", "taken.s3.eu-west-1.amazonaws.com"])(
    "is found behind the host %s",
    async (host) => {
      const put = await server.request("/a/b", { method: "PUT", body: "x", headers: { host } });
      expect(put.status).toBe(200);
      expect(server.s3.objectsOf("taken").map(({ key }) => key)).toEqual(["a/b"]);
    },
  );

  test.each([
    ["GET", "/taken?acl", 501, "GET of a bucket with acl is not modelled by the local run. It knows HeadBucket"],
    ["GET", "/taken?lifecycle", 501, "GET of a bucket with lifecycle is not modelled by the local run"],
    ["GET", "/taken?marker=a&start-after=b", 501, "start-after of ListObjects is not modelled by the local run"],
    ["PUT", "/new", 501, "PUT of a bucket is not modelled by the local run"],
    ["GET", "/taken/key?acl", 501, "GET of an object with acl is not modelled by the local run"],
    ["GET", "/taken?list-type=2&marker=a", 501, "marker of ListObjectsV2 is not modelled by the local run"],
    ["PATCH", "/taken/key", 405, "<Method>PATCH</Method><ResourceType>OBJECT</ResourceType>"],
    ["PUT", "/", 405, "<ResourceType>SERVICE</ResourceType>"],
    ["POST", "/taken/key", 501, "POST of an object is not modelled by the local run"],
  ])("%s %s is refused by name", async (method, path, status, text) => {
    expect(await server.request(path, { method })).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});

describe("what configures a bucket", () => {
  const policyOf = (...statements: readonly object[]): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const anyone = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::taken/*" };

  test.each<[string, (given: Arguments) => unknown, Arguments]>([
    ["versioning", (given) => server.s3.setVersioning(given), { versioning_configuration: { status: "Disabled" } }],
    [
      "CORS",
      (given) => server.s3.setCors(given),
      { cors_rule: [{ allowed_methods: ["GET"], allowed_origins: ["*"] }] },
    ],
    ["public access block", (given) => server.s3.setPublicAccessBlock(given), { block_public_acls: true }],
    [
      "ownership",
      (given) => server.s3.setOwnershipControls(given),
      { rule: [{ object_ownership: "BucketOwnerEnforced" }] },
    ],
    [
      "encryption",
      (given) => server.s3.setEncryption(given),
      { rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: "AES256" }, bucket_key_enabled: true }] },
    ],
    [
      "lifecycle",
      (given) => server.s3.setLifecycle(given),
      {
        rule: [
          {
            id: "a",
            status: "Enabled",
            filter: [{}],
            abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
          },
        ],
      },
    ],
    ["policy", (given) => server.s3.setPolicy(given), { policy: policyOf(anyone) }],
  ])("has the bucket's name as its id: %s", (_, set, given) => {
    expect(set({ bucket: "taken", ...given })).toEqual({ id: "taken" });
    expect(() => set({ bucket: "nowhere", ...given })).toThrow("bucket names a bucket that does not exist: nowhere");
    expect(() => set({ ...given })).toThrow("bucket must be given");
    expect(() => set({ bucket: "taken", ...given, region: "x" })).toThrow("region is not modelled by the local run");
  });

  test("refuses versioning that S3 does not have", () => {
    const set = (versioning_configuration: unknown) =>
      server.s3.setVersioning({ bucket: "taken", versioning_configuration });
    expect(() => set([])).toThrow("aws_s3_bucket_versioning of taken: versioning_configuration must be given.");
    expect(() => set([{}, {}])).toThrow("versioning_configuration must stand once, got: [{},{}]");
    expect(() => set({ status: "On" })).toThrow(
      'versioning_configuration.status must be Enabled, Suspended or Disabled, got: "On"',
    );
    expect(() => set({ status: "Enabled", mfa_delete: "Enabled" })).toThrow("mfa_delete is not modelled");
    set({ status: "Enabled" });
    expect(() => set({ status: "Disabled" })).toThrow("versioning can be suspended, never be disabled again");
  });

  const rule = { allowed_methods: ["GET"], allowed_origins: ["https://a.example"] };
  test.each<[unknown, string]>([
    [[], "cors_rule must be given"],
    [Array(101).fill(rule), "cors_rule must be at most 100 items, got: 101"],
    [
      [{ ...rule, allowed_methods: ["OPTIONS"] }],
      'cors_rule.0.allowed_methods.0 must be GET, PUT, HEAD, POST or DELETE, got: "OPTIONS"',
    ],
    [[{ ...rule, allowed_methods: [] }], "allowed_methods must be given"],
    [[{ ...rule, allowed_origins: [] }], "allowed_origins must be given"],
    [[{ ...rule, allowed_origins: ["https://*.*"] }], 'must have one * at most, got: "https://*.*"'],
    [[{ ...rule, allowed_headers: ["*-*"] }], 'must have one * at most, got: "*-*"'],
    [[{ ...rule, expose_headers: ["*"] }], 'expose_headers.0 must not have a *, got: "*"'],
    [[{ ...rule, max_age_seconds: -1 }], "max_age_seconds must be an integer from 0 to 2147483647, got: -1"],
  ])("refuses the CORS rules %.80j", (cors_rule, message) => {
    expect(() => server.s3.setCors({ bucket: "taken", cors_rule })).toThrow(message);
  });

  test("refuses ownership, encryption and lifecycle that are not modelled", () => {
    const { s3 } = server;
    const bucket = "taken";
    expect(() => s3.setOwnershipControls({ bucket, rule: { object_ownership: "ObjectWriter" } })).toThrow(
      'rule.object_ownership must be BucketOwnerEnforced in the local run, got: "ObjectWriter"',
    );
    const kms = { apply_server_side_encryption_by_default: [{ sse_algorithm: "aws:kms" }] };
    expect(() => s3.setEncryption({ bucket, rule: [kms] })).toThrow(
      'sse_algorithm must be AES256 in the local run, got: "aws:kms"',
    );
    expect(() => s3.setEncryption({ bucket, rule: [] })).toThrow("rule must be given");
    expect(() => s3.setLifecycle({ bucket, rule: [] })).toThrow("rule must be given");
    expect(() => s3.setLifecycle({ bucket, rule: [{ id: "a", status: "On" }] })).toThrow(
      "status must be Enabled or Disabled",
    );
    expect(() => s3.setLifecycle({ bucket, rule: [{ id: "a", status: "Enabled" }] })).toThrow("one of expiration,");
    expect(() => s3.setLifecycle({ bucket, rule: [{ status: "Enabled" }] })).toThrow("id must be given");
  });

  const large = (bytes: number): string => {
    const filled = (length: number) => policyOf({ ...anyone, Sid: "x".repeat(length) });
    return filled(bytes - filled(0).length);
  };

  test("has a policy of 20 KB at most", () => {
    server.s3.setPolicy({ bucket: "taken", policy: large(20_480) });
    expect(() => server.s3.setPolicy({ bucket: "taken", policy: large(20_481) })).toThrow(
      "Policies must not be larger than 20480 bytes, got: 20481",
    );
  });

  test.each<[object, string]>([
    [{ Resource: "arn:aws:s3:::other/*" }, "Policy has invalid resource: arn:aws:s3:::other/*"],
    [{ Resource: "arn:aws:s3:::taken" }, "Action does not apply to any resource(s) in statement : s3:GetObject"],
    [{ Action: "s3:ListBucket" }, "Action does not apply to any resource(s) in statement : s3:ListBucket"],
  ])("has a policy whose statements are about it: not %j", (changes, message) => {
    const policy = policyOf({ ...anyone, ...changes });
    expect(() => server.s3.setPolicy({ bucket: "taken", policy })).toThrow(message);
  });

  test.each<[object]>([
    [{ Action: "s3:*", Resource: ["arn:aws:s3:::taken", "arn:aws:s3:::taken/*"] }],
    [{ Action: "s3:ListBucket", Resource: "arn:aws:s3:::taken" }],
    [{ Action: "s3:AbortMultipartUpload" }],
    [{ Action: "s3:GetObject", Resource: "*" }],
  ])("has a policy such as %j", (changes) => {
    server.s3.setPolicy({ bucket: "taken", policy: policyOf({ ...anyone, ...changes }) });
  });

  test.each<[string, boolean, object]>([
    ["everybody", true, {}],
    [
      "everybody under a condition on what is fixed for nobody",
      true,
      { Condition: { Bool: { "aws:SecureTransport": "true" } } },
    ],
    ["everybody's AWS principals", true, { Principal: { AWS: "*" } }],
    ["accounts with a wildcard", true, { Condition: { StringLike: { "aws:PrincipalAccount": "1*" } } }],
    ["all but one account", true, { Condition: { StringNotEquals: { "aws:PrincipalAccount": "123456789012" } } }],
    ["every address", true, { Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }],
    [
      "half of all addresses",
      true,
      { Condition: { IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "128.0.0.0/1"] } } },
    ],
    ["too many IPv6 addresses", true, { Condition: { IpAddress: { "aws:SourceIp": "2001::/31" } } }],
    ["one account", false, { Condition: { StringEquals: { "aws:PrincipalAccount": "123456789012" } } }],
    ["some addresses", false, { Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } }],
    ["a role", false, { Principal: { AWS: "arn:aws:iam::123456789012:role/a" } }],
    ["a service", false, { Principal: { Service: "cloudfront.amazonaws.com" } }],
    ["nobody", false, { Effect: "Deny" }],
  ])("a policy that is about %s is public: %s", (_, isPublic, changes) => {
    server.s3.setPublicAccessBlock({ bucket: "taken", block_public_policy: true });
    const set = () => server.s3.setPolicy({ bucket: "taken", policy: policyOf({ ...anyone, ...changes }) });
    if (isPublic) expect(set).toThrow("the policy makes the bucket public, which block_public_policy");
    else expect(set()).toEqual({ id: "taken" });
  });
});
