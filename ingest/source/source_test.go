package source

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files with their paths as contents, and makes their root the
// working directory.
func tree(t *testing.T, paths ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, path := range paths {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(path), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip(err)
	}
}

func list(t *testing.T, args []string, stdin io.Reader) ([]*Input, error) {
	t.Helper()
	listing, err := List(t.Context(), args, Options{Stdin: stdin})
	if err != nil {
		return nil, err
	}
	return listing.Inputs, nil
}

func listed(inputs []*Input) (all []string) {
	for _, in := range inputs {
		all = append(all, in.Name)
	}
	return all
}

func TestList(t *testing.T) {
	tree(t, "b.log", "a.log", "logs/2.log", "logs/1.log.gz", "logs/.hidden", "logs/.git/config", "logs/sub/deep/3.log",
		"logs/sub.log", "odd[1].log", "other/x.txt")
	link(t, "../a.log", "logs/link-to-a")
	link(t, "..", "logs/sub/loop")
	if err := os.Link("b.log", "hard.log"); err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs("a.log")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{"b.log", "a.log"}, []string{"b.log", "a.log"}},
		{[]string{"a.log", "./a.log", abs, "logs/../a.log"}, []string{"a.log"}},
		{[]string{"hard.log", "b.log"}, []string{"hard.log"}},
		{[]string{"logs"}, []string{"logs/1.log.gz", "logs/2.log", "logs/link-to-a", "logs/sub/deep/3.log", "logs/sub.log"}},
		{[]string{"logs/2.log", "logs/"}, []string{"logs/2.log", "logs/1.log.gz", "logs/link-to-a", "logs/sub/deep/3.log", "logs/sub.log"}},
		{[]string{"logs/sub", "logs/sub"}, []string{"logs/sub/deep/3.log", "logs/sub/loop/1.log.gz", "logs/sub/loop/2.log",
			"logs/sub/loop/link-to-a", "logs/sub/loop/sub.log"}},
		{[]string{"*.log"}, []string{"a.log", "b.log", "odd[1].log"}},
		{[]string{"odd[1].log"}, []string{"odd[1].log"}},
		{[]string{"logs/*.log"}, []string{"logs/2.log", "logs/sub.log"}},
		{[]string{"logs/**/*.log"}, []string{"logs/2.log", "logs/sub/deep/3.log", "logs/sub.log"}},
		{[]string{"logs/**/**/3.log"}, []string{"logs/sub/deep/3.log"}},
		{[]string{"**/x.txt"}, []string{"other/x.txt"}},
		{[]string{"o*"}, []string{"odd[1].log", "other/x.txt"}},
		{[]string{"logs/.h*"}, []string{"logs/.hidden"}},
		{[]string{"-", "a.log", "-"}, []string{"-", "a.log"}},
	}
	for _, tt := range tests {
		inputs, err := list(t, tt.args, strings.NewReader(""))
		if err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if diff := cmp.Diff(tt.want, listed(inputs)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
}

func TestListErrors(t *testing.T) {
	tree(t, "a.log", "empty/.hidden")
	tests := []struct {
		args []string
		want string
	}{
		{nil, "no input is named"},
		{[]string{"a.log", "missing.log"}, "missing.log: no such file or directory"},
		{[]string{"a.log", "missing*.log"}, "missing*.log: no file matches this pattern"},
		{[]string{"empt?"}, "empt?: no file matches this pattern"},
		{[]string{"[.log"}, "[.log: syntax error in pattern"},
		{[]string{"empty"}, "empty: no files in this directory"},
		{[]string{"a.log/b"}, "a.log/b: not a directory"},
		{[]string{"ftp://host/logs/"}, "ftp://host/logs/: ftp addresses are not supported: copy the logs to a directory first"},
		{[]string{"s3:///logs/"}, "s3:///logs/: names no bucket"},
		{[]string{"https://me:word@/logs?token=x"}, "https:///logs?token=***: names no host"},
		{[]string{"-"}, "-: there is no standard input"},
	}
	for _, tt := range tests {
		_, err := list(t, tt.args, nil)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q: error %v; want %s", tt.args, err, tt.want)
		}
	}
}

// What cannot be read beneath a directory does not keep the others from it.
func TestUnreadableIsListed(t *testing.T) {
	tree(t, "logs/a.log")
	link(t, "nowhere", "logs/dangling")
	for _, arg := range []string{"logs", "logs/*", "**"} {
		inputs, err := list(t, []string{arg}, nil)
		if err != nil {
			t.Fatalf("%s: %v", arg, err)
		}
		if diff := cmp.Diff([]string{"logs/a.log", "logs/dangling"}, listed(inputs)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", arg, diff)
		}
		if _, err := inputs[1].Open(t.Context()); err == nil || err.Error() != "no such file or directory" {
			t.Errorf("%s: error %v", arg, err)
		}
	}
}

func TestOpen(t *testing.T) {
	tree(t, "a.log")
	inputs, err := list(t, []string{"a.log", "-"}, strings.NewReader("from a pipe"))
	if err != nil {
		t.Fatal(err)
	}
	if inputs[0].Size != 5 || inputs[1].Size != -1 {
		t.Errorf("sizes %d, %d", inputs[0].Size, inputs[1].Size)
	}
	file, err := inputs[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 3)
	if _, err := file.At.ReadAt(part, 2); err != nil || string(part) != "log" || file.Size != 5 {
		t.Errorf("%q of %d bytes, %v", part, file.Size, err)
	}
	if all, err := io.ReadAll(file); err != nil || string(all) != "a.log" {
		t.Errorf("%q, %v", all, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	pipe, err := inputs[1].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(pipe); err != nil || string(all) != "from a pipe" || pipe.At != nil {
		t.Errorf("%q, %v", all, err)
	}
	if err := pipe.Close(); err != nil {
		t.Error(err)
	}
	if err := os.Remove("a.log"); err != nil {
		t.Fatal(err)
	}
	if _, err := inputs[0].Open(t.Context()); err == nil || err.Error() != "no such file or directory" {
		t.Errorf("error %v", err)
	}
}
