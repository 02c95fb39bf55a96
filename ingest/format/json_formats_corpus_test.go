package format

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// expectedJSON is what Elastic's pipelines make of a line, as far as it is
// about the same things; bytes are where each of them puts them.
type expectedJSON struct {
	Time   time.Time `json:"@timestamp"`
	Source struct{ IP, Address string }
	URL    struct{ Domain, Path, Original string }
	HTTP   struct {
		Request  struct{ Referrer string }
		Response struct {
			Body       struct{ Bytes int64 }
			StatusCode int `json:"status_code"`
		}
	}
	Istio struct {
		Access struct {
			Authority string
			Bytes     struct{ Sent int64 }
		}
	}
}

func (e expectedJSON) flat() request {
	client := e.Source.IP
	if client == "" {
		client, _, _ = strings.Cut(e.Source.Address, ":")
	}
	host, _, _ := strings.Cut(cmp.Or(e.URL.Domain, e.Istio.Access.Authority), ":")
	return request{e.Time.UnixMicro(), client, e.HTTP.Response.StatusCode, e.HTTP.Response.Body.Bytes + e.Istio.Access.Bytes.Sent,
		e.HTTP.Request.Referrer, host, cmp.Or(e.URL.Path, e.URL.Original), ""}
}

// TestJSONFormatsCorpus compares real logs with what another reader made of
// them, but for:
//   - Traefik's ClientHost, which it takes for the client also where it is
//     X-Forwarded-For;
//   - Traefik's "time", in seconds, which it takes where a log has StartLocal
//     but not StartUTC.
func TestJSONFormatsCorpus(t *testing.T) {
	for name, f := range map[string]*Format{
		"traefik/elastic_integrations__traefik__test-format-json.log":        traefikJSON(),
		"envoy_istio/elastic_integrations__istio__test-access-json-logs.log": envoyJSON(),
	} {
		t.Run(f.Name, func(t *testing.T) {
			log := bytes.TrimRight(corpusFile(t, name), "\n")
			var want struct{ Expected []expectedJSON }
			if err := json.Unmarshal(corpusFile(t, name+"-expected.json"), &want); err != nil {
				t.Fatal(err)
			}
			b := record.NewBuilder(record.AllColumns)
			f.New().Decode(append(log, '\n'), b, &Position{})
			batch := b.Flush(0)
			got := requests(batch)
			if len(got) != len(want.Expected) {
				t.Fatalf("%d rows, want %d", len(got), len(want.Expected))
			}
			for i, e := range want.Expected {
				theirs := e.flat()
				if first, _, _ := strings.Cut(string(batch.Text(record.Forwarded).At(i)), ","); f.Name == "traefik-json" && theirs.Client == first {
					theirs.Client = got[i].Client
				}
				if e.Time.Nanosecond() == 0 && e.Time.Unix() == got[i].Time/1e6 {
					theirs.Time = got[i].Time
				}
				if diff := gocmp.Diff(theirs, got[i]); diff != "" {
					t.Errorf("line %d (-theirs +ours):\n%s", i+1, diff)
				}
			}
		})
	}
}

// TestJSONSamplesCorpus reads samples that other readers or providers publish.
func TestJSONSamplesCorpus(t *testing.T) {
	for name, want := range map[string]struct {
		format *Format
		first  string
	}{
		"caddy/lnav-logfile_caddy_log.1.json": {caddy(),
			`time=2024-05-26T11:42:52.60148Z client=10.5.1.1 forwarded=10.10.10.117 method=GET scheme=http host=mirrors.tnonline.net `},
		"misc_cdn/huawei-docs-sample.json": {huaweiJSON(),
			`time=2022-10-24T09:39:52Z client=192.168.233.142 method=GET scheme=http host=findercdn.video.qq.com path=/BcimRg.txt `},
		"misc_cdn/wpvip-docs-sample.json": {nginxJSON(),
			`time=2020-05-19T17:03:58Z client=127.0.0.1 asn=2635 method=GET scheme=https host=example.com path=/ status=200 bytes=8981 referer=https://example.com/ `},
		"nginx_json/matomo-nginx_json.log": {mapped(t, "client=ip host=host url=path status=status referer=referrer user_agent=user_agent bytes=length time=date"),
			`time=2013-10-10T14:52:00Z client=1.2.3.4 host=www.piwik.org path=/piwik.php query=action_name=`},
	} {
		log := append(bytes.TrimRight(corpusFile(t, name), "\n"), '\n')
		got := decodeBlocks(t, want.format, record.AllColumns, string(log))
		if len(got.Rows) == 0 || len(got.Rejects) > 0 || !strings.HasPrefix(got.Rows[0], want.first) {
			t.Errorf("%s: rows %q, rejects %q", name, got.Rows, got.Rejects)
		}
	}
}
