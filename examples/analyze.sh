#!/usr/bin/env bash
# Analyses a trailer with nothing but curl: upload, create a title, analyse, wait, read the tags.
#
#   examples/analyze.sh [trailer.mp4]        MARQUEE_URL=http://127.0.0.1:4000 is where Marquee listens;
#                                            MARQUEE_KEY is needed only where API keys are configured.
set -euo pipefail

trailer=${1:-.marquee/media/sample-trailer.mp4}
url=${MARQUEE_URL:-http://127.0.0.1:4000}
headers=()
[ -n "${MARQUEE_KEY:-}" ] && headers+=(-H "authorization: Bearer $MARQUEE_KEY")

if ! curl -s -o /dev/null "$url/healthz"; then
  echo "Marquee does not answer at $url: start it with npm start, or set MARQUEE_URL." >&2
  exit 1
fi

# Reads one value out of a JSON answer, for example `value data.title.id`; prints the answer when it is not there.
value() {
  node -e '
    const text = require("node:fs").readFileSync(0, "utf8");
    const found = process.argv[1].split(".").reduce((part, key) => part?.[key], JSON.parse(text));
    if (found === undefined || found === null) { console.error(text); process.exit(1); }
    console.log(found);' "$1"
}

# ask QUERY VARIABLES: one GraphQL operation.
ask() {
  node -e 'console.log(JSON.stringify({ query: process.argv[1], variables: JSON.parse(process.argv[2]) }))' "$1" "$2" |
    curl -sS "${headers[@]}" -H 'content-type: application/json' --data-binary @- "$url/graphql"
}

# json TEXT: the text as JSON has it; path TEXT: as an address has it.
json() { node -p 'JSON.stringify(process.argv[1])' "$1"; }
path() { node -p 'encodeURIComponent(process.argv[1])' "$1"; }

name=$(basename "$trailer")
upload=$(curl -sS "${headers[@]}" -H 'content-type: application/octet-stream' -T "$trailer" \
  "$url/uploads?fileName=$(path "$name")" | value id)
echo "uploaded  $upload" >&2

title=$(ask 'mutation ($name: String!) { createTitle(input: { name: $name }) { title { id } errors { message } } }' \
  "{\"name\":$(json "${name%.*}")}" | value data.createTitle.title.id)
echo "title     $title" >&2

analysis=$(ask 'mutation ($input: AnalyzeTrailerInput!) {
    analyzeTrailer(input: $input) { analysis { id } errors { code message } }
  }' "{\"input\":{\"titleId\":\"$title\",\"source\":{\"uploadId\":\"$upload\"}}}" | value data.analyzeTrailer.analysis.id)
echo "analysis  $analysis" >&2

state=QUEUED
while [ "$state" = QUEUED ] || [ "$state" = RUNNING ]; do
  sleep 0.5
  state=$(ask 'query ($id: ID!) { analysis(id: $id) { state } }' "{\"id\":\"$analysis\"}" | value data.analysis.state)
done
echo "state     $state" >&2

answer=$(ask 'query ($id: ID!) {
    analysis(id: $id) {
      error { code message }
      prediction {
        signalQuality { overall notes }
        tags(state: ACCEPTED) { label { id } probability weight evidence { startSeconds line } }
      }
    }
  }' "{\"id\":\"$analysis\"}")
echo "$answer"
[ "$state" = SUCCEEDED ]
