package format

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rulecast/ingest/record"
)

// TestMappedCorpus reads real logs that Apache httpd wrote as columns, without
// a header.
func TestMappedCorpus(t *testing.T) {
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(root, "apache_variants/*/apache_csv__*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files (%v)", err)
	}
	f := mapped(t, "host=#1 client=#3 time=#6 bytes=#9 status=#14 method=#16 path=#17:backslash query=#18:backslash referer=#19:backslash user_agent=#20:backslash")
	rows := 0
	for _, file := range files {
		log := string(corpusLog(t, file))
		lines := strings.SplitAfter(strings.TrimRight(log, "\n")+"\n", "\n")
		if missed := f.Sniff([]byte(log), true); missed != "" {
			t.Errorf("%s: %s", file, missed)
		}
		got := decodeBlocks(t, f, record.AllColumns, lines...)
		if len(got.Rejects) > 0 {
			t.Errorf("%s: %q", file, got.Rejects)
		}
		for _, row := range got.Rows {
			if !strings.HasPrefix(row, "time=202") || !strings.Contains(row, " status=") || !strings.Contains(row, " host=farm") {
				t.Errorf("%s: %s", file, row)
			}
		}
		rows += len(got.Rows)
	}
	if rows != 9455 {
		t.Errorf("%d rows, want 9455", rows)
	}
}
