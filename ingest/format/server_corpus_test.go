package format

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// expectedLine is what Elastic's pipelines make of a line of a server's log, as
// far as it is about the same things.
type expectedLine struct {
	Time   time.Time `json:"@timestamp"`
	Event  struct{ Original string }
	Source struct{ IP string }
	URL    struct{ Original, Domain string }
	HTTP   struct {
		Request  struct{ Method, Referrer string }
		Response struct {
			StatusCode int `json:"status_code"`
			Bytes      int64
			Body       struct{ Bytes int64 }
		}
	}
	Istio struct {
		Access struct {
			Authority string
			Bytes     struct{ Sent int64 }
		}
	}
	UserAgent struct{ Original string } `json:"user_agent"`
}

// serverLine is what is compared of a line.
type serverLine struct {
	Time                              int64
	Client                            string
	Status                            int
	Bytes                             int64
	Method, Target, Referer, UA, Host string
}

func (e *expectedLine) flat() serverLine {
	dash := func(s string) string { return strings.TrimSuffix(s, "-") } // none of the values ends so
	host, _, _ := strings.Cut(dash(e.Istio.Access.Authority), ":")
	r := e.HTTP.Response
	target := dash(e.URL.Original)
	return serverLine{e.Time.UnixMicro(), e.Source.IP, r.StatusCode, r.Bytes + r.Body.Bytes + e.Istio.Access.Bytes.Sent,
		dash(e.HTTP.Request.Method), target, dash(e.HTTP.Request.Referrer), dash(e.UserAgent.Original), host}
}

// TestServerCorpus compares the lines that are rows with what another reader
// made of them.
func TestServerCorpus(t *testing.T) {
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	for pattern, want := range map[string]struct {
		format *Format
		rows   int
	}{
		"haproxy/*test-haproxy.log":               {haproxy(), 2},
		"haproxy/*test-http*.log":                 {haproxy(), 4},
		"envoy_istio/*test-access-logs.log":       {istio(), 10},
		"envoy_istio/*test-access-failed.log":     {istio(), 8},
		"traefik/*test-format-common.log":         {traefik(), 7},
		"nginx_combined/*test-ingest-raw*.log":    {nginxIngress(), 25},
		"nginx_combined/*nginx__test-access.log":  {combined(), 11}, // the twelfth is three lines
		"apache_combined/*ssl-request.log":        {sslRequest(), 2},
		"apache_combined/*test-access-vhost.log":  {vhostCombined(), 1},
		"apache_combined/*test-access-ubuntu.log": {combined(), 9},
	} {
		files, _ := filepath.Glob(filepath.Join(root, pattern+"-expected.json"))
		rows := 0
		for _, file := range files {
			var expected struct{ Expected []expectedLine }
			if err := json.Unmarshal(corpusLog(t, file), &expected); err != nil {
				t.Fatal(err)
			}
			for _, e := range expected.Expected {
				got, ok := oneServerLine(want.format, e.Event.Original)
				if !ok {
					continue
				}
				rows++
				if want := e.flat(); got != want {
					t.Errorf("%s\n%s\n(-want +got):\n%s", filepath.Base(file), e.Event.Original, cmp.Diff(want, got))
				}
			}
		}
		if rows != want.rows {
			t.Errorf("%s: %d rows, want %d", pattern, rows, want.rows)
		}
	}
}

func oneServerLine(f *Format, line string) (serverLine, bool) {
	b := record.NewBuilder(record.AllColumns)
	f.New().Decode([]byte(line+"\n"), b, &Position{})
	batch := b.Flush(0)
	if batch.Rows != 1 {
		return serverLine{}, false
	}
	text := func(c record.Column) string {
		if dict := batch.Dicts.Strings(c); dict != nil {
			return dict.String(batch.IDs(c)[0])
		}
		return string(batch.Text(c).At(0))
	}
	target := text(record.Path)
	if query := text(record.Query); query != "" {
		target += "?" + query
	}
	r := serverLine{batch.Ints(record.Time)[0], batch.Dicts.Clients.Addr(batch.IDs(record.Client)[0]).String(), int(batch.Statuses()[0]),
		batch.Ints(record.Bytes)[0], text(record.Method), target, text(record.Referer), text(record.UserAgent), ""}
	if f.Name == "istio" {
		r.Host = text(record.Host)
	}
	return r, true
}
