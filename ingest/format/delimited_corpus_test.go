package format

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// theirValues are values of an event as Elastic's pipelines make it of a line,
// each by its path ("source.ip"), as text; "" for none.
func theirValues(event map[string]any, paths []string) map[string]string {
	values := map[string]string{}
	for _, path := range paths {
		var at any = event
		for name := range strings.SplitSeq(path, ".") {
			object, _ := at.(map[string]any)
			at = object[name]
		}
		if at != nil {
			values[path] = fmt.Sprint(at)
		} else {
			values[path] = ""
		}
	}
	return values
}

// theirEvents reads a log's companion file. Lines that are dropped there are
// nil.
func theirEvents(t *testing.T, name string) []map[string]any {
	t.Helper()
	var want struct{ Expected []map[string]any }
	if err := json.Unmarshal(corpusFile(t, name), &want); err != nil {
		t.Fatal(err)
	}
	return want.Expected
}

// ourValue is a column of a row as text, "" for none.
func ourValue(b *record.Batch, c record.Column, i int) string {
	switch c {
	case record.Time:
		return time.UnixMicro(b.Ints(c)[i]).UTC().Format("2006-01-02T15:04:05.000Z")
	case record.Status:
		return dumpInt(int64(b.Statuses()[i]))
	case record.Bytes:
		return dumpInt(b.Ints(c)[i])
	case record.Client:
		return b.Dicts.Clients.Addr(b.IDs(c)[i]).String()
	}
	if dict := b.Dicts.Strings(c); dict != nil {
		return string(dict.Bytes(b.IDs(c)[i]))
	}
	return strings.TrimPrefix(string(b.Text(c).At(i)), "-")
}

// compareTheirs compares the columns of rows with events.
func compareTheirs(t *testing.T, b *record.Batch, events []map[string]any, columns map[string]record.Column) {
	t.Helper()
	if b.Rows != len(events) {
		t.Fatalf("%d rows, %d events; rejects %v", b.Rows, len(events), b.Rejects)
	}
	var paths []string
	for path := range columns {
		paths = append(paths, path)
	}
	for i, event := range events {
		ours := map[string]string{}
		for path, column := range columns {
			ours[path] = ourValue(b, column, i)
		}
		if diff := cmp.Diff(theirValues(event, paths), ours); diff != "" {
			t.Errorf("row %d (-theirs +ours):\n%s", i+1, diff)
		}
	}
}

// TestW3CCorpus compares real rows of IIS, which came without their headers,
// with what another reader made of them. Their query is decoded, ours as it was
// requested.
func TestW3CCorpus(t *testing.T) {
	const all = "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version " +
		"cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken"
	for name, fields := range map[string]string{
		"iis-8":                  all,
		"ipv6zone":               all,
		"x-forward-for-extended": all + " X-Forwarded-For",
		"x-forward-for":          "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken X-Forwarded-For",
	} {
		t.Run(name, func(t *testing.T) {
			file := "iis_w3c/elastic_integrations__iis__test-" + name + ".log"
			b := record.NewBuilder(record.AllColumns)
			log := "#Software: Microsoft\n#Fields: " + fields + "\n" + strings.TrimRight(string(corpusFile(t, file)), "\n") + "\n"
			w3cExtended().New().Decode([]byte(log), b, &Position{})
			compareTheirs(t, b.Flush(0), theirEvents(t, file+"-expected.json"), map[string]record.Column{
				"@timestamp": record.Time, "source.ip": record.Client, "http.request.method": record.Method, "http.request.referrer": record.Referer,
				"http.response.status_code": record.Status, "http.response.body.bytes": record.Bytes, "url.path": record.Path,
				"user_agent.original": record.UserAgent, "network.forwarded_ip": record.Forwarded,
			})
		})
	}
}

// TestS3Corpus leaves out the records that are no requests of viewers.
func TestS3Corpus(t *testing.T) {
	const file = "aws_s3/elastic_integrations__aws_s3access__test-s3-server-access.log"
	b := record.NewBuilder(record.AllColumns)
	awsS3().New().Decode(corpusFile(t, file), b, &Position{})
	compareTheirs(t, b.Flush(0), theirEvents(t, file+"-expected.json")[:4], map[string]record.Column{
		"@timestamp": record.Time, "aws.s3access.remote_ip": record.Client, "aws.s3access.http_status": record.Status,
		"aws.s3access.bytes_sent": record.Bytes, "aws.s3access.referrer": record.Referer, "aws.s3access.host_header": record.Host,
		"aws.s3access.request_id": record.RequestID, "aws.s3access.user_agent": record.UserAgent,
	})
}
