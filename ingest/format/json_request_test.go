package format

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// fuzzJSONFormat fuzzes a format of JSON lines from its samples.
func fuzzJSONFormat(f *testing.F, format *Format, samples []sample) {
	for _, s := range samples {
		f.Add([]byte(s.line + "\n"))
	}
	f.Fuzz(func(t *testing.T, block []byte) { fuzzJSONLines(t, format, block) })
}

// elasticRequest is what Elastic's pipelines make of a line, as far as it is
// about the same things.
type elasticRequest struct {
	Time   time.Time `json:"@timestamp"`
	Source struct{ IP string }
	Client struct{ IP string }
	URL    struct{ Domain, Path string }
	HTTP   struct {
		Request  struct{ Referrer string }
		Response struct {
			StatusCode int `json:"status_code"`
			Bytes      int64
		}
	}
}

// compareExpected compares a real log with what another reader made of it.
// Adjust brings what differs for a known reason in line.
func compareExpected(t *testing.T, f *Format, name string, adjust func(i int, theirs, ours *request)) {
	t.Helper()
	compareRequests(t, f, name, expectedRequests(t, name), adjust)
}

// expectedRequests is what the other reader made of the lines that it could
// read.
func expectedRequests(t *testing.T, name string) []*elasticRequest {
	t.Helper()
	var want struct{ Expected []*elasticRequest }
	if err := json.Unmarshal(corpusFile(t, name+"-expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(want.Expected, func(e *elasticRequest) bool { return e == nil })
}

// compareRequests compares a real log with what is expected of it, where time
// is counted in ms.
func compareRequests(t *testing.T, f *Format, name string, want []*elasticRequest, adjust func(i int, theirs, ours *request)) {
	t.Helper()
	b := record.NewBuilder(record.AllColumns)
	f.New().Decode(append(corpusFile(t, name), '\n'), b, &Position{})
	got := requests(b.Flush(0))
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d; rejects %v", len(got), len(want), b.Rejects())
	}
	for i, e := range want {
		ours := got[i]
		ours.Time -= ours.Time % 1000
		theirs := request{e.Time.UnixMicro(), e.Source.IP + e.Client.IP, e.HTTP.Response.StatusCode, e.HTTP.Response.Bytes,
			e.HTTP.Request.Referrer, e.URL.Domain, e.URL.Path, ours.Country}
		adjust(i, &theirs, &ours)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("row %d (-theirs +ours):\n%s", i+1, diff)
		}
	}
}
