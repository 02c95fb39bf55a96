#!/usr/bin/env bash
# Measures rulecast replay on synthetic logs, beside the decompressors and
# other tools that are installed, and prints a table.
#
#   samples/bench.sh [ROWS] [CACHE]
#
# ROWS defaults to 1000000; the reference work is 4400000, which also has its
# 302,000 clients and 17,500 Referer hosts (2.1 GB of text). CACHE, or
# $RULECAST_BENCH_CACHE, keeps the logs from run to run (by default below
# ${TMPDIR:-/tmp}); they take some 750 bytes for a row. $ROUNDS (3) is how often
# each command runs; the median counts.
set -euo pipefail

rows=${1:-1000000}
cache=${2:-${RULECAST_BENCH_CACHE:-${TMPDIR:-/tmp}/rulecast-bench}}
rounds=${ROUNDS:-3}
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"

case $rows in
'' | *[!0-9]*) echo "bench.sh: rows $rows: not a number" >&2 && exit 2 ;;
esac
if [ "$rows" -lt 40000 ]; then
	echo "bench.sh: rows $rows: at least 40000 are needed for 40 files" >&2
	exit 2
fi

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
export CGO_ENABLED=0
go build -trimpath -o "$cache/bin/" ./cmd/rulecast ./samples/cmd/makelogs ./samples/cmd/measure

# logs: what makelogs writes depends on its sources; a change makes new logs.
made=$(cat samples/gen/*.go samples/cmd/makelogs/*.go | sha256sum | cut -c1-12)
work=$cache/$rows-$made
if [ ! -e "$work/done" ]; then
	rm -rf "$work"
	mkdir -p "$work"
	scale=(-rows "$rows" -clients $((rows * 302 / 4400)) -hosts $((rows * 175 / 44000)) -span 72h -seed 1)
	make() { "$cache/bin/makelogs" "${scale[@]}" "$@"; }
	make -format cloudfront -o "$work/plain.log"
	make -format cloudfront -gzip -o "$work/one.log.gz"
	make -format cloudfront -gzip -files 40 -o "$work/forty"
	make -format cloudflare -gzip -files 40 -o "$work/ndjson"
	make -format combined -gzip -files 40 -o "$work/combined"
	for d in ndjson combined; do
		cat "$work/$d"/*.gz | gzip -dc | wc -c >"$work/$d.size"
	done
	touch "$work/done"
fi

text=$(wc -c <"$work/plain.log")
ndjson=$(cat "$work/ndjson.size")
combined=$(cat "$work/combined.size")
ruleset=samples/rulesets/imagekit.yaml
addresses=$work/addresses
cat >"$addresses" <<'LIST'
12.34.56.64/26
14.160.20.7
95.24.130.9
LIST

has() { command -v "$1" >/dev/null; }
task() { printf '%s\t%s\t%s\n' "$@"; }
replay() { task "replay, $1" "$2" "exec '$cache/bin/rulecast' replay --quiet --as json -r $ruleset $3 >/dev/null"; }

# unpackers lists the decompressors, the fastest last: what follows is measured
# against that one.
unpackers() {
	task "= gzip -dc, $1" "$2" "exec gzip -dc $3 >/dev/null"
	if has igzip; then
		task "= igzip -dc, $1" "$2" "for f in $3; do igzip -dc \"\$f\" || exit 1; done >/dev/null"
	fi
}

tasks() {
	task "= wc -l, text" "$text" "exec wc -l '$work/plain.log' >/dev/null"
	replay "text" "$text" "'$work/plain.log'"
	unpackers "40 files" "$text" "'$work/forty'/*.gz"
	replay "40 gzip files" "$text" "'$work/forty'"
	if has grepcidr; then
		task "gzip -dc, cut, grepcidr: 3 addresses" "$text" \
			"gzip -dc '$work/forty'/*.gz | cut -f5 | grepcidr -f '$addresses' | wc -l >/dev/null"
	fi
	if has duckdb; then
		task "duckdb: requests and bytes by client" "$text" \
			"exec duckdb -csv -c \"select column04, count(*) n, sum(column03::bigint) from read_csv('$work/forty/*.gz', delim='\\t', quote='', escape='', header=false, skip=2, auto_detect=false, columns={$(duckdb_columns)}) group by 1 order by n desc limit 100\" >/dev/null"
	fi
	unpackers "one file" "$text" "'$work/one.log.gz'"
	replay "one gzip file" "$text" "'$work/one.log.gz'"
	unpackers "40 files of NDJSON" "$ndjson" "'$work/ndjson'/*.gz"
	replay "40 gzip files of NDJSON" "$ndjson" "'$work/ndjson'"
	unpackers "40 files, combined" "$combined" "'$work/combined'/*.gz"
	replay "40 gzip files, combined" "$combined" "'$work/combined'"
}

# duckdb_columns names the 33 columns, all of them text.
duckdb_columns() {
	local i columns=
	for i in {00..32}; do
		columns+="'column$i': 'varchar', "
	done
	printf '%s' "${columns%, }"
}

# The same requests have to give the same figures however they are packed.
for packing in plain.log one.log.gz forty; do
	"$cache/bin/rulecast" replay --quiet --as csv --table summary -r "$ruleset" "$work/$packing" >"$work/$packing.csv"
	cmp "$work/plain.log.csv" "$work/$packing.csv"
done

echo "$rows rows; $((text / 1000000)) MB of CloudFront text, $((ndjson / 1000000)) MB of NDJSON, $((combined / 1000000)) MB combined"
tasks | "$cache/bin/measure" -rounds "$rounds"
