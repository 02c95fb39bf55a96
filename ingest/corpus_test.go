package ingest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// TestCorpus reads every file of a folder of real logs, among them much that
// is no log: nothing may panic, every line is accounted for, and the number of
// streams shows nowhere.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("RULECAST_CORPUS")
	if corpus == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	errorText := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	want := accounts(t, corpus, 1)
	if diff := cmp.Diff(want, accounts(t, corpus, 3), errorText); diff != "" {
		t.Errorf("3 streams (-1 stream +3):\n%.3000s", diff)
	}
	for _, in := range want {
		if in.Lines != in.Rows+in.Rejects+in.Skipped+in.Duplicates {
			t.Errorf("%s: %d lines, but %d rows, %d rejects, %d skipped", in.Name, in.Lines, in.Rows, in.Rejects, in.Skipped)
		}
		reasons := ""
		for _, r := range in.Reasons {
			reasons += fmt.Sprintf("; %d %s", r.Count, r.Reason)
		}
		t.Logf("%s: %s %s: %d lines, %d rows, %d rejects%s; %.100v", in.Name[len(corpus):], in.Packing, in.Format,
			in.Lines, in.Rows, in.Rejects, reasons, in.Err)
	}
}

func accounts(t *testing.T, dir string, n int) []record.Input {
	t.Helper()
	r, err := Open([]string{dir}, Options{Columns: record.AllColumns})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, s := range r.Streams(n) {
		wg.Go(func() {
			if err := s.Each(context.Background(), func(*record.Batch) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return r.Inputs()
}
