// Reads {"tokenizer": path, "texts": [...]} from standard input and prints, for every text, its ids, its ids with the special
// tokens around them, and the text decoded from the former.
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const request = JSON.parse(readFileSync(0, "utf8"));
const tokenizer = new Tokenizer(JSON.parse(readFileSync(request.tokenizer, "utf8")), {});
const encode = (special) => request.texts.map((text) => tokenizer.encode(text, { add_special_tokens: special }).ids);
const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
const ids = encode(false);
const decoded = ids.map((row) => (row.length ? tokenizer.decode(row, options) : ""));
process.stdout.write(JSON.stringify({ ids, special: encode(true), decoded }));
