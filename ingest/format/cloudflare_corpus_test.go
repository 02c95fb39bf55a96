package format

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// expectedRequest is what Elastic's pipelines make of a line, as far as it is
// about the same things.
type expectedRequest struct {
	Time   time.Time `json:"@timestamp"`
	Source struct{ IP string }
	URL    struct{ Domain, Path string }
	HTTP   struct {
		Request  struct{ Referrer string }
		Response struct {
			StatusCode int `json:"status_code"`
		}
	}
	Destination struct{ Bytes int64 }
	Logpush     struct {
		Request struct {
			Client struct {
				Country string
				Request struct{ Referer string }
			}
			Edge struct{ Response struct{ Bytes int64 } }
		} `json:"http_request"`
	} `json:"cloudflare_logpush"`
}

func (e expectedRequest) flat(country string) request {
	r := request{e.Time.UnixMicro(), e.Source.IP, e.HTTP.Response.StatusCode, e.Destination.Bytes, e.HTTP.Request.Referrer, e.URL.Domain, e.URL.Path, country}
	if push := e.Logpush.Request; push.Client.Country != "" {
		r.Bytes, r.Referer, r.Country = push.Edge.Response.Bytes, push.Client.Request.Referer, strings.ToUpper(push.Client.Country)
	}
	return r
}

type request struct {
	Time                         int64
	Client                       string
	Status                       int
	Bytes                        int64
	Referer, Host, Path, Country string
}

func requests(batch *record.Batch) []request {
	var rs []request
	for i := range batch.Rows {
		rs = append(rs, request{
			batch.Ints(record.Time)[i], batch.Dicts.Clients.Addr(batch.IDs(record.Client)[i]).String(),
			int(batch.Statuses()[i]), batch.Ints(record.Bytes)[i], string(batch.Text(record.Referer).At(i)),
			batch.Dicts.Hosts.String(batch.IDs(record.Host)[i]), string(batch.Text(record.Path).At(i)),
			batch.Dicts.Countries.String(batch.IDs(record.Country)[i]),
		})
	}
	return rs
}

// TestCloudflareCorpus compares real logs with what another reader made of
// them. That one keeps the subrequests of Workers, so the lines are made to
// claim that a viewer sent them.
func TestCloudflareCorpus(t *testing.T) {
	for name, duplicates := range map[string]int64{
		"elastic_integrations__cloudflare_logpull__test-http-json.log":             1,
		"elastic_integrations__cloudflare_logpush__test-pipeline-http-request.log": 4,
	} {
		t.Run(name, func(t *testing.T) {
			log := bytes.TrimRight(corpusFile(t, "cloudflare/"+name), "\n")
			var want struct{ Expected []expectedRequest }
			if err := json.Unmarshal(corpusFile(t, "cloudflare/"+name+"-expected.json"), &want); err != nil {
				t.Fatal(err)
			}
			if missed := cloudflare().Sniff(log, true); missed != "" {
				t.Fatal(missed)
			}
			if got := decodeBlocks(t, cloudflare(), record.AllColumns, string(log)+"\n"); got.Duplicates != duplicates || len(got.Rejects) > 0 {
				t.Errorf("%d duplicates, want %d; rejects %v", got.Duplicates, duplicates, got.Rejects)
			}
			viewers := strings.NewReplacer(`"WorkerSubrequest":true`, `"WorkerSubrequest":false`, `"edgeWorkerFetch"`, `"eyeball"`).Replace(string(log))
			b := record.NewBuilder(record.AllColumns)
			cloudflare().New().Decode([]byte(viewers+"\n"), b, &Position{})
			got := requests(b.Flush(0))
			if len(got) != len(want.Expected) {
				t.Fatalf("%d rows, want %d", len(got), len(want.Expected))
			}
			for i, e := range want.Expected {
				if diff := cmp.Diff(e.flat(got[i].Country), got[i]); diff != "" {
					t.Errorf("line %d (-theirs +ours):\n%s", i+1, diff)
				}
			}
		})
	}
}

func TestCloudflareCorpusLnav(t *testing.T) {
	log := corpusFile(t, "cloudflare/lnav-logfile_cloudflare.1.json")
	got := decodeBlocks(t, cloudflare(), record.AllColumns, string(log))
	if len(got.Rows) != 15 || got.Lines != 15 {
		t.Errorf("%d rows of %d lines, rejects %v", len(got.Rows), got.Lines, got.Rejects)
	}
	const first = "time=2024-04-10T23:00:00.1Z client=89.163.242.206 country=US method=GET host=www.example.com path=/ status=200 bytes=12480 "
	if !strings.HasPrefix(got.Rows[0], first) {
		t.Errorf("first row is %s", got.Rows[0])
	}
	if missed := cloudflare().Sniff(corpusFile(t, "cloudflare/cloudflare-elastic-sample-event.json"), true); missed != "JSON, but not one object per line" {
		t.Errorf("an object over many lines: %q", missed)
	}
}
