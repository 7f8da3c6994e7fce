// node __tests__/support/validate-openapi.mjs <file>: prints what a public validator finds wrong with an OpenAPI document, as JSON. It is an ES
// module, which tests cannot load.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const { valid, errors } = await new Validator().validate(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
process.stdout.write(JSON.stringify(valid ? [] : errors));
