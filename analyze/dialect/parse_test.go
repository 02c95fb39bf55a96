package dialect_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rulecast/analyze/dialect"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

func TestSamplesLoad(t *testing.T) {
	files, err := filepath.Glob(samples + "*")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		rs, err := dialect.Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if rs.Name != filepath.Base(file) {
			t.Errorf("name %q", rs.Name)
		}
	}
}

func TestListFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("r.yaml", "provider: imagekit\nip: {block: {file: bad-ips.txt}}\n")
	write("bad-ips.txt", "# from the abuse desk\n\n192.0.2.1 # one\n\t198.51.100.0/24\n")
	rs, err := dialect.Load(filepath.Join(dir, "r.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if e := rs.Rules[0].Entries; len(e) != 2 || e[1].Text != "198.51.100.0/24" || e[1].Pos.Line != 4 || e[1].Pos.Column != 2 {
		t.Errorf("entries %+v", e)
	}
	write("bad-ips.txt", "192.0.2.1\nnonsense\n")
	_, err = dialect.Load(filepath.Join(dir, "r.yaml"))
	want := filepath.Join(dir, "bad-ips.txt") + ":2:1: \"nonsense\" is neither an address nor a network\n  nonsense\n  ^"
	if err == nil || err.Error() != want {
		t.Errorf("have %v\nwant %s", err, want)
	}
	write("r.yaml", "provider: imagekit\nip: {block: {file: none.txt}}\n")
	if _, err = dialect.Load(filepath.Join(dir, "r.yaml")); err == nil || !strings.Contains(err.Error(), "r.yaml:2:20: ") {
		t.Errorf("missing list file: %v", err)
	}
}

func TestStrictYAML(t *testing.T) {
	refused(t, "provider: imagekit\nip: {blok: [192.0.2.1]}", "2:6", "unknown key", "block")
	refused(t, "provider: imagekit\nip: {block: []}\nip: {block: []}", "3:1", "already defined")
	refused(t, "provider: imagekit\nip: {block: [1]}", "2:14", "want a text, have a number")
	refused(t, "provider: imagekit\nip: {block: x}", "2:13", "want a list, have a text")
	refused(t, "provider: imagekit\nip: [192.0.2.1]", "2:5", "want a map, have a list")
	refused(t, "provider: nobody\n", "1:11", "imagekit, cdnetworks, theolive, cloudfront, ")
	refused(t, "provider: imagekit\nip: &a {block: []}", "2:5", "anchors")
	refused(t, "provider: imagekit\nip: {block: [*a]}", "2:14", "aliases")
	refused(t, "provider: imagekit\n---\nprovider: imagekit\n", "3:9", "second")
	refused(t, "provider: imagekit\nip: {block: "+strings.Repeat("[", 100), "2:62", "nested")
	refused(t, "provider: imagekit\nip: "+strings.Repeat("- ", 100), "2:105", "nested")
	refused(t, "a: 1\nprovider: cdnetworks\nrules:\n- {id: x, ip: {block: []}}\n- {id: x, ip: {block: []}}", "5:3", "two rules with the id x")
	refused(t, "provider: cdnetworks\nip: {block: []}\nrules: []", "2:5", "beside rules")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {block: []}, country: {block: []}}", "3:30", "second control")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {block: []}, action: {deny: 404}}", "3:3", "404", "403")
	refused(t, "provider: imagekit\nip: {block: [\xff]}", "2:14", "UTF-8")
	rs := parse(t, "{provider: cdnetworks, ip: {block: [\"fe80::\", 2001:db8::/32, ::1, fe80:1:2::7]}}")
	if e := rs.Rules[0].Entries; len(e) != 4 || e[1].Text != "2001:db8::/32" {
		t.Errorf("IPv6 in a flow list: %+v", e)
	}
}

func TestStrictJSON(t *testing.T) {
	refused(t, "{\"rules\": [],\n\"rules\": []}", "2:1", "twice", "line 1")
	refused(t, "{\"rules\": [\n{\"kind\": 1}]}", "2:2", "unknown key")
	refused(t, "{\"rules\": [}", "1:12", "not JSON")
	refused(t, "{\"rules\": []} x", "1:15", "after the end")
	refused(t, "{\"rules\": "+strings.Repeat("[", 1000), "1:61", "nested")
	refused(t, `{"a": 1}`, "1:1", "not a ruleset")
}

func TestErrorsTogether(t *testing.T) {
	_, err := dialect.Parse("t.txt", []byte("[ip blocklist]\n"+strings.Repeat("x\n", 50)), dialect.Options{})
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3*source.MaxShown+1 || lines[len(lines)-1] != "and 30 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if !strings.HasPrefix(lines[0], "t.txt:2:1: ") || !strings.HasPrefix(lines[3], "t.txt:3:1: ") {
		t.Errorf("not in file order:\n%s", err)
	}
	if _, err := dialect.Parse("t", make([]byte, source.MaxSize+1), dialect.Options{}); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("size: %v", err)
	}
	var one *dialect.Error
	if !errors.As(err, &one) || one.Pos.Line != 2 {
		t.Errorf("no *Error in it: %v", one)
	}
	if _, err := dialect.Parse("t", []byte("provider: imagekit"), dialect.Options{Provider: "cloudfront"}); err == nil || !strings.Contains(err.Error(), "not for cloudfront") {
		t.Errorf("another provider: %v", err)
	}
}

func TestRenderRefuses(t *testing.T) {
	rs := parse(t, "[ip blocklist]\n192.0.2.1\n")
	for i := range 200 {
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.NetworkEntry(netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), 32)))
	}
	if _, err := dialect.Render(rs); err == nil || !strings.Contains(err.Error(), "limit is 100") {
		t.Errorf("native: %v", err)
	}
	if _, err := dialect.RenderYAML(rs); err == nil || !strings.Contains(err.Error(), "limit is 100") {
		t.Errorf("yaml: %v", err)
	}
}

func TestLongListsAreQuick(t *testing.T) {
	var b strings.Builder
	b.WriteString("provider: cloudfront\nip:\n  block:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  - 10.%d.%d.0/24\n", i/256, i%256)
	}
	begin := time.Now()
	rs := parse(t, b.String())
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("10,000 entries took %s", d)
	}
	if len(rs.Rules[0].Entries) != 10_000 {
		t.Error("entries lost")
	}
}
