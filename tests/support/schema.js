// schema.js SCHEMA FILE...: what ajv says of YAML files under a schema, one line of JSON per file: [file, mistakes].
const fs = require("fs");
const Ajv = require("ajv");
const yaml = require("yaml");
const [schema, ...files] = process.argv.slice(2);
const validate = new Ajv({strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true})
    .compile(JSON.parse(fs.readFileSync(schema)));
for (const file of files) {
  let mistakes = null;
  try {
    if (!validate(yaml.parse(fs.readFileSync(file, "utf8"))))
      mistakes = validate.errors.map((error) => `${error.instancePath} ${error.message}`);
  } catch (problem) {
    mistakes = [String(problem)];
  }
  console.log(JSON.stringify([file, mistakes]));
}
