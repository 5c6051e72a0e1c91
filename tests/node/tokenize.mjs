// Reads {"tokenizer": path, "addSpecial": bool, "texts": [...]} from standard input and prints {"ids": [[...]], "decoded": [...]}.
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const request = JSON.parse(readFileSync(0, "utf8"));
const tokenizer = new Tokenizer(JSON.parse(readFileSync(request.tokenizer, "utf8")), {});
const ids = request.texts.map((text) => tokenizer.encode(text, { add_special_tokens: request.addSpecial }).ids);
const decoded = ids.map((row) => tokenizer.decode(row, { skip_special_tokens: false, clean_up_tokenization_spaces: false }));
process.stdout.write(JSON.stringify({ ids, decoded }));
