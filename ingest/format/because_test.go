package format

import (
	"strings"
	"testing"
)

// Every format has a name of its own, and can say for people what it is and
// what it is known by.
func TestFormatsSayWhatTheyAre(t *testing.T) {
	names := map[string]bool{}
	for _, f := range All() {
		switch {
		case f.Name == "" || names[f.Name]:
			t.Errorf("the name %q is empty or not its own", f.Name)
		case f.Title == "" || f.Because() == "":
			t.Errorf("%s: title %q, because %q", f.Name, f.Title, f.Because())
		case strings.HasSuffix(f.Because(), "."):
			t.Errorf("%s: because %q ends with a period", f.Name, f.Because())
		}
		names[f.Name] = true
	}
	for name := range knownBy {
		if !names[name] {
			t.Errorf("%s is not a format that is recognised", name)
		}
	}
}
