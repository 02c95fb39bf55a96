package dialect

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rulecast/analyze/dialect/neutral"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Options is what a parser may need to know beside the text. The zero value
// tells the form by the content and reads no list files.
type Options struct {
	// Provider that the ruleset must be for, or "" for what the text says.
	Provider string
	// Open reads a list file that the ruleset names; the name is as written.
	// The error says what is wrong; the place is added.
	Open func(name string) (*source.File, error)
}

// Load reads a ruleset file. List files are found beside it.
func Load(path string) (*policy.Ruleset, error) { return LoadFor(path, "") }

// LoadFor reads a ruleset file that must be for a provider, if one is named.
func LoadFor(path, provider string) (*policy.Ruleset, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	open := func(name string) (*source.File, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		f, bad := source.NewFile(name, data)
		if bad != nil {
			return nil, bad
		}
		return f, nil
	}
	return Parse(path, data, Options{Provider: provider, Open: open})
}

// readFile reads no more than one byte beyond the size that is refused, also
// from what has no end.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, source.MaxSize+1))
}

// Parse reads a ruleset: the neutral YAML (or the same as JSON), known by its
// key provider, or one of the native forms, known by their content. The name
// stands in messages; its last element becomes the ruleset's. The error is an
// *Errors with all that is wrong. The data is not kept.
func Parse(name string, data []byte, o Options) (*policy.Ruleset, error) {
	r := &source.Report{}
	f, bad := source.NewFile(name, data)
	if bad != nil {
		return nil, &Errors{List: []*Error{bad}}
	}
	r.Add(f)
	rs, d := read(f, r, o)
	if d == nil {
		return nil, r.Err()
	}
	d.Resolve(rs)
	failed, places := r.Failed(), r.Places()
	for _, v := range d.Check(rs) {
		// After an error in reading, a check without a place, or at one that
		// has its error, is most likely about what could not be read.
		if !failed || v.Pos.Line > 0 && !places[v.Pos] {
			r.Errorf(inFile(v.Pos, name), "%s", v.Text)
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	rs.Name = filepath.Base(name)
	rs.Warnings = r.Warnings()
	return rs, nil
}

// inFile gives a place to a check of the ruleset as a whole.
func inFile(pos policy.Pos, name string) policy.Pos {
	if pos.File == "" {
		pos.File = name
	}
	return pos
}

// read finds out the form and reads it. Without a dialect, the report says
// why.
func read(f *source.File, r *source.Report, o Options) (*policy.Ruleset, *Dialect) {
	dialects := All()
	if o.Provider != "" {
		d, err := Named(o.Provider)
		if err != nil {
			r.Errorf(policy.Pos{}, "%s", err)
			return nil, nil
		}
		dialects = []*Dialect{d}
	}
	for _, d := range dialects {
		for i := range d.Forms {
			if form := &d.Forms[i]; form.sniffText != nil && form.sniffText(f) {
				return form.readText(f, &d.Profile, r), d
			}
		}
	}
	root, ok := readTree(f, r)
	if !ok {
		return nil, nil
	}
	if v, ok := root.Field("provider"); ok {
		return readNeutral(root, v, r, o)
	}
	for _, d := range dialects {
		for i := range d.Forms {
			if form := &d.Forms[i]; form.sniffTree != nil && form.sniffTree(root) {
				return form.readTree(root, &d.Profile, r), d
			}
		}
	}
	hint := "begin with a line like provider: imagekit, or an ImageKit list with its heading, like [ip blocklist]"
	r.Errorf(root.Pos, "not a ruleset: neither the key provider is in it nor a native form known; %s", hint)
	return nil, nil
}

func readTree(f *source.File, r *source.Report) (*source.Node, bool) {
	if looksLikeJSON(f.Data) {
		return source.ReadJSON(f, r)
	}
	return source.ReadYAML(f, r)
}

// looksLikeJSON tells {"a": 1}, {} and lists of such from YAML, in which a map
// may be written {a: 1}.
func looksLikeJSON(data []byte) bool {
	const blanks = " \t\r\n"
	text := strings.TrimLeft(string(data[:min(len(data), 1<<12)]), blanks)
	if list, ok := strings.CutPrefix(text, "["); ok {
		if text = strings.TrimLeft(list, blanks); strings.HasPrefix(text, "]") {
			return true
		}
	}
	if !strings.HasPrefix(text, "{") {
		return false
	}
	text = strings.TrimLeft(text[1:], blanks)
	return strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "}")
}

func readNeutral(root, provider *source.Node, r *source.Report, o Options) (*policy.Ruleset, *Dialect) {
	name, ok := r.Text(provider, "provider")
	if !ok {
		return nil, nil
	}
	d, err := Named(name)
	if err != nil {
		r.Errorf(provider.Pos, "%s", err)
		return nil, nil
	}
	if o.Provider != "" && name != o.Provider {
		r.Errorf(provider.Pos, "the ruleset is for %s, not for %s", name, o.Provider)
		return nil, nil
	}
	return neutral.Read(root, &d.Profile, r, neutral.OpenFunc(o.Open)), d
}

// Render writes a resolved ruleset in its provider's first native form, which
// has room for whatever the provider takes. The error of a ruleset that it does
// not take is an *Errors.
func Render(rs *policy.Ruleset) ([]byte, error) {
	d, err := Named(rs.Provider)
	if err != nil {
		return nil, err
	}
	return d.Render(rs)
}

// RenderFiles is Render as files (Dialect.Files).
func RenderFiles(rs *policy.Ruleset) ([]File, error) {
	d, err := Named(rs.Provider)
	if err != nil {
		return nil, err
	}
	return d.Files(rs)
}

// RenderYAML writes a resolved ruleset as neutral YAML.
func RenderYAML(rs *policy.Ruleset) ([]byte, error) {
	d, err := Named(rs.Provider)
	if err != nil {
		return nil, err
	}
	if err := d.validate(rs); err != nil {
		return nil, err
	}
	return neutral.Write(rs, &d.Profile), nil
}

// Variant is a ruleset with one undocumented switch set otherwise.
type Variant struct {
	Switch, Value string
	Ruleset       *policy.Ruleset
}

// Variants is the ruleset under every other value of each switch that the
// provider does not document and that can change what is denied: of
// imagekit's missing_referer, where there is a Referer rule. (Its order
// changes only which rule denies.)
func Variants(rs *policy.Ruleset) []Variant {
	const name = "missing_referer"
	isReferer := func(r policy.Rule) bool { return r.Control == policy.Referer }
	if rs.Provider != "imagekit" || !slices.ContainsFunc(rs.Rules, isReferer) {
		return nil
	}
	other := "denied"
	if rs.Setting(name) == other {
		other = "allowed"
	}
	changed := WithSetting(rs, name, other)
	return []Variant{{Switch: name, Value: other, Ruleset: changed}}
}

// WithSetting is a copy of a ruleset with one switch set, resolved again. The
// lists are shared with the original.
func WithSetting(rs *policy.Ruleset, name, value string) *policy.Ruleset {
	out := *rs
	out.Rules = slices.Clone(rs.Rules)
	out.Settings = slices.DeleteFunc(slices.Clone(rs.Settings), func(s policy.Setting) bool { return s.Name == name })
	out.Settings = append(out.Settings, policy.Setting{Name: name, Value: value})
	if d, err := Named(rs.Provider); err == nil {
		d.Resolve(&out)
	}
	return &out
}
