#!/usr/bin/env bash
# Measures rulecast replay on synthetic logs, beside the decompressors and other
# tools that are installed (igzip, gzip, DuckDB, GoAccess, grepcidr), and prints
# a table. Before that it demands that the answers are the same: of rulecast for
# every packing of the logs, and of DuckDB and grepcidr for the same ruleset.
#
#   samples/bench.sh [ROWS] [CACHE]
#
# ROWS defaults to 1000000; the reference work is 4400000, which also has its
# 302,000 clients and 17,500 Referer hosts (2.1 GB of text). The ruleset has 100
# IP entries and 30 Referer hosts. CACHE, or $RULECAST_BENCH_CACHE, keeps the
# logs from run to run (by default below ${TMPDIR:-/tmp}); they take some 950
# bytes for a row. $ROUNDS (3) is how often each command runs; medians count.
#
# DuckDB's command in the package duckdb-cli of PyPI is a Python script around
# the program; with the program itself on the PATH, 0.1 s less is measured.
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
go build -trimpath -o "$cache/bin/" ./cmd/rulecast ./samples/cmd/makelogs ./samples/cmd/measure ./samples/cmd/unpack
rulecast=$cache/bin/rulecast

# logs: what makelogs writes depends on its sources; a change makes new logs.
made=$(cat samples/gen/*.go samples/cmd/makelogs/*.go | sha256sum | cut -c1-12)
work=$cache/$rows-$made
small=$((rows / 1000)) # files of 1,000 rows: 475 KB of text, 100 KB packed
if [ ! -e "$work/done" ]; then
	rm -rf "$work"
	mkdir -p "$work"
	scale=(-rows "$rows" -clients $((rows * 302 / 4400)) -hosts $((rows * 175 / 44000)) -span 72h -seed 1)
	make() { "$cache/bin/makelogs" "${scale[@]}" "$@"; }
	make -format cloudfront -ruleset "$work/ruleset" -o "$work/plain.log"
	make -format cloudfront -gzip -o "$work/one.log.gz"
	make -format cloudfront -gzip -files 40 -o "$work/forty"
	make -format cloudfront -gzip -files "$small" -o "$work/small"
	make -format cloudflare -gzip -files 40 -o "$work/ndjson"
	make -format combined -gzip -files 40 -o "$work/combined"
	for d in ndjson combined; do
		cat "$work/$d"/*.gz | gzip -dc | wc -c >"$work/$d.size"
	done
	cat "$work"/forty/*-00[01]?.log.gz | gzip -dc | wc -c >"$work/half.size"
	touch "$work/done"
fi
rm -rf "$work/parquet"
"$rulecast" compact --quiet "$work/forty" -o "$work/parquet" >/dev/null

text=$(wc -c <"$work/plain.log")
half=$(cat "$work/half.size")
ndjson=$(cat "$work/ndjson.size")
combined=$(cat "$work/combined.size")
ruleset=$work/ruleset/ruleset.yaml
cores=$(getconf _NPROCESSORS_ONLN)

has() { command -v "$1" >/dev/null; }

# sql SOURCE FILES QUERY... is a file with what DuckDB has to do to answer the
# queries from FILES in the form of SOURCE, all of them below samples/bench.
sql() {
	local source=$1 logs=$2 file
	shift 2
	file=$work/$source-$(printf '%s' "$logs $*" | sha256sum | cut -c1-12).sql
	{
		printf "SET VARIABLE %s = '%s';\n" logs "$logs" ruleset "$work/ruleset"
		printf 'SET VARIABLE top = %d;\n' "${sql_top:-10}"
		for part in "$source" decide "$@"; do
			cat "samples/bench/$part.sql"
		done
	} >"$file"
	echo "$file"
}

# The checks: the same requests have to give the same figures.

# same WHAT: standard input is as the file $work/expected.
same() {
	cat >"$work/found"
	if ! diff "$work/expected" "$work/found" >"$work/diff"; then
		echo "bench.sh: $1: not what rulecast says of the text (<):" >&2
		head -n 20 "$work/diff" >&2
		exit 1
	fi
	echo "same figures: $1" >&2
}

table() { "$rulecast" replay --quiet --as csv --table "$1" -r "$ruleset" "${@:2}"; }
duckdb_csv() { duckdb -init /dev/null -bail -csv <"$1"; }

check() {
	local name packing
	table summary "$work/plain.log" >"$work/expected"
	for packing in one.log.gz forty small parquet; do
		table summary "$work/$packing" | same "rulecast, $packing"
	done
	if has duckdb; then
		local figures='requests,bytes,denied_requests,denied_bytes'
		table summary "$work/plain.log" | cut -d, -f1,2,5,6 >"$work/expected"
		[ "$(head -n 1 "$work/expected")" = "$figures" ]
		for name in cloudfront:plain.log cloudfront:one.log.gz cloudfront:'forty/*.gz' \
			cloudflare:'ndjson/*.gz' compacted:'parquet/*.parquet'; do
			duckdb_csv "$(sql "${name%%:*}" "$work/${name#*:}" summary)" | same "DuckDB, ${name#*:}"
		done
		table clients --top "$rows" "$work/plain.log" | LC_ALL=C sort >"$work/expected"
		duckdb_csv "$(sql_top=$rows sql cloudfront "$work/plain.log" clients)" | LC_ALL=C sort | same "DuckDB, each client"
	fi
	if has grepcidr; then
		table rules "$work/plain.log" | awk -F, '$1 == "ip" {print $6}' >"$work/expected"
		cut -f5 "$work/plain.log" | grepcidr -c -f "$work/ruleset/addresses.txt" | same "grepcidr, requests of the CIDRs"
	fi
}

# The tasks. A group begins with rulecast, marked =; what it took over what each
# of the others took is in the table. Groups that share a command follow each
# other, and GoAccess, which takes longest, is last: what is compared is then run
# within a short time.

# task LABEL BYTES INPUTS COMMAND. The inputs, files and folders, are read before
# the clock starts: kernels drop what they have in memory of files when others
# need it, and the first of a group would pay for all.
task() { printf '%s\t%s\tfind %s -type f -exec cat {} + >/dev/null\t%s\n' "$@"; }

# replay LABEL BYTES INPUTS [VARIABLE=VALUE]
replay() { task "$1" "$2" "$3" "exec ${4:+env $4 }'$rulecast' replay --quiet --as json -r '$ruleset' $3 >/dev/null"; }

# duck BYTES FILES SOURCE
duck() {
	if has duckdb; then
		task "DuckDB" "$1" "$2" "exec duckdb -init /dev/null -bail -csv <'$(sql "$3" "${2//\'/}" summary clients hosts)' >/dev/null"
	fi
}

# unpackers BYTES FILES [NOTE]: igzip takes as many files at a time as there are cores.
unpackers() {
	if has igzip; then
		task "igzip -dc${3:-}" "$1" "$2" "printf '%s\\0' $2 | xargs -0 -n 1 -P $cores igzip -dc >/dev/null"
	fi
	task "gzip -dc" "$1" "$2" "exec gzip -dc $2 >/dev/null"
}

# goaccess_job FILES makes a report of them, unpacked in the fastest way there is.
goaccess_job() {
	local jobs='' unpack="gzip -dc $1"
	if goaccess --help 2>&1 | grep -q -- --jobs; then
		jobs=--jobs=$cores
	fi
	if has igzip; then
		unpack="(for f in $1; do igzip -dc \"\$f\" || exit 1; done)"
	fi
	echo "$unpack | goaccess --no-global-config --no-progress $jobs --log-format=COMBINED -o '$work/goaccess.html' - >/dev/null"
}

tasks() {
	local at_a_time=", $cores at a time"
	local forty="'$work/forty'/*.gz" one="'$work/one.log.gz'" plain="'$work/plain.log'"

	replay "= rulecast, 40 gzip files" "$text" "'$work/forty'"
	unpackers "$text" "$forty" "$at_a_time"
	if has grepcidr; then
		task "gzip -dc, cut, grepcidr: the CIDRs alone" "$text" "$forty" \
			"gzip -dc $forty | cut -f5 | grepcidr -c -f '$work/ruleset/addresses.txt' >/dev/null"
	fi
	duck "$text" "$forty" cloudfront

	replay "= rulecast, $small small gzip files" "$text" "'$work/small'"
	replay "rulecast, 40 gzip files" "$text" "'$work/forty'"
	replay "= rulecast, 40 gzip files" "$text" "'$work/forty'"
	replay "rulecast, 20 of the 40" "$half" "'$work/forty'/*-00[01]?.log.gz"
	replay "= rulecast, 40 gzip files, one core" "$text" "'$work/forty'" GOMAXPROCS=1
	replay "rulecast, 40 gzip files" "$text" "'$work/forty'"

	task "= rulecast recommend, 40 gzip files" "$text" "'$work/forty'" \
		"exec '$rulecast' recommend --quiet --as json --provider imagekit --own shop.example '$work/forty' >/dev/null"
	replay "rulecast, 40 gzip files" "$text" "'$work/forty'"

	replay "= rulecast, one gzip file" "$text" "$one"
	task "rulecast's decompressor alone" "$text" "$one" "exec '$cache/bin/unpack' $one >/dev/null"
	unpackers "$text" "$one"
	duck "$text" "$one" cloudfront
	if has duckdb && has igzip; then
		task "igzip -dc, DuckDB" "$text" "$one" \
			"igzip -dc $one | duckdb -init /dev/null -bail -csv -f '$(sql cloudfront /dev/stdin summary clients hosts)' >/dev/null"
	fi
	replay "= rulecast, one gzip file, one core" "$text" "$one" GOMAXPROCS=1
	replay "rulecast, one gzip file" "$text" "$one"

	replay "= rulecast, text" "$text" "$plain"
	task "wc -l" "$text" "$plain" "exec wc -l $plain >/dev/null"
	duck "$text" "$plain" cloudfront

	replay "= rulecast, Parquet of rulecast compact" "$text" "'$work/parquet'"
	duck "$text" "'$work/parquet'/*.parquet" compacted

	replay "= rulecast, 40 gzip files of NDJSON" "$ndjson" "'$work/ndjson'"
	unpackers "$ndjson" "'$work/ndjson'/*.gz" "$at_a_time"
	duck "$ndjson" "'$work/ndjson'/*.gz" cloudflare

	replay "= rulecast, 40 gzip files, combined" "$combined" "'$work/combined'"
	unpackers "$combined" "'$work/combined'/*.gz" "$at_a_time"
	if has goaccess; then
		task "GoAccess, all panels" "$combined" "'$work/combined'/*.gz" "$(goaccess_job "'$work/combined'/*.gz")"
	fi
}

# versions are the first lines of what the tools say of themselves.
versions() {
	local tool
	for tool in 'igzip --version' 'gzip --version' 'duckdb --version' 'goaccess --version' 'grepcidr -V'; do
		if has "${tool%% *}"; then
			printf '%s: %s\n' "${tool%% *}" "$({ $tool || true; } 2>&1 | sed -n 1p)"
		fi
	done
}

check
tasks | "$cache/bin/measure" -rounds "$rounds"
echo "= / it: what the rulecast above, marked =, took over what this took"
echo "$rows rows: $((text / 1000000)) MB of CloudFront text, $((ndjson / 1000000)) MB of NDJSON, $((combined / 1000000)) MB combined"
versions
