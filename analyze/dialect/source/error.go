package source

import (
	"fmt"
	"sort"
	"strings"

	"rulecast/analyze/policy"
)

// Error is one thing wrong in a ruleset.
type Error struct {
	Pos     policy.Pos
	Msg     string
	Snippet string // the line, and a caret on a second one; or ""
}

// Error is "file:line:column: message", and below it the snippet.
func (e *Error) Error() string {
	if e.Snippet == "" {
		return e.Message()
	}
	return e.Message() + "\n  " + strings.ReplaceAll(e.Snippet, "\n", "\n  ")
}

// Message is the first line of Error, without the snippet.
func (e *Error) Message() string {
	var b strings.Builder
	if e.Pos.File != "" {
		b.WriteString(e.Pos.File + ":")
	}
	if e.Pos.Line > 0 {
		fmt.Fprintf(&b, "%d:", e.Pos.Line)
		if e.Pos.Column > 0 {
			fmt.Fprintf(&b, "%d:", e.Pos.Column)
		}
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	return b.String() + e.Msg
}

// MaxShown is the number of errors that are shown together.
const MaxShown = 20

// Errors is everything wrong in a ruleset, in file order. More is how many
// were counted beyond those kept.
type Errors struct {
	List []*Error
	More int
}

func (e *Errors) Error() string {
	var b strings.Builder
	shown := e.List[:min(len(e.List), MaxShown)]
	for i, err := range shown {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	if more := len(e.List) - len(shown) + e.More; more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
}

// Unwrap is the errors that are shown, for errors.As.
func (e *Errors) Unwrap() []error {
	list := make([]error, len(e.List))
	for i, err := range e.List {
		list[i] = err
	}
	return list
}

// maxKept bounds the errors, and the warnings, that one reading keeps.
const maxKept = 1000

// Report collects what is wrong and what is doubtful while a ruleset is read.
// The zero value is ready to use.
type Report struct {
	files    map[string]*File
	order    []string
	errs     []*Error
	warnings []policy.Warning
	moreErrs int
	moreWarn int
}

// Add makes a file known, so that errors in it show its lines.
func (r *Report) Add(f *File) {
	if r.files == nil {
		r.files = map[string]*File{}
	}
	if _, ok := r.files[f.Name]; !ok {
		r.order = append(r.order, f.Name)
	}
	r.files[f.Name] = f
}

// Errorf notes an error at a place.
func (r *Report) Errorf(pos policy.Pos, format string, args ...any) {
	if len(r.errs) >= maxKept {
		r.moreErrs++
		return
	}
	if f := r.files[pos.File]; f != nil {
		r.errs = append(r.errs, f.Errorf(pos, format, args...))
		return
	}
	r.errs = append(r.errs, &Error{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// Warnf notes a warning at a place.
func (r *Report) Warnf(pos policy.Pos, format string, args ...any) {
	if len(r.warnings) >= maxKept {
		r.moreWarn++
		return
	}
	r.warnings = append(r.warnings, policy.Warning{Pos: pos, Text: fmt.Sprintf(format, args...)})
}

// Failed reports whether there was an error.
func (r *Report) Failed() bool { return len(r.errs) > 0 }

// Places is the places of all errors so far.
func (r *Report) Places() map[policy.Pos]bool {
	places := make(map[policy.Pos]bool, len(r.errs))
	for _, e := range r.errs {
		places[e.Pos] = true
	}
	return places
}

// Err is all errors as one *Errors in file order, or nil.
func (r *Report) Err() error {
	if !r.Failed() {
		return nil
	}
	rank := r.ranks()
	list := append([]*Error(nil), r.errs...)
	sort.SliceStable(list, func(i, j int) bool { return before(rank, list[i].Pos, list[j].Pos) })
	return &Errors{List: list, More: r.moreErrs}
}

// Warnings is all warnings in file order.
func (r *Report) Warnings() []policy.Warning {
	rank := r.ranks()
	list := append([]policy.Warning(nil), r.warnings...)
	sort.SliceStable(list, func(i, j int) bool { return before(rank, list[i].Pos, list[j].Pos) })
	if r.moreWarn > 0 {
		list = append(list, policy.Warning{Text: fmt.Sprintf("and %d more warnings", r.moreWarn)})
	}
	return list
}

func (r *Report) ranks() map[string]int {
	rank := map[string]int{}
	for i, name := range r.order {
		rank[name] = i + 1
	}
	return rank
}

func before(rank map[string]int, a, b policy.Pos) bool {
	if a.File != b.File {
		return rank[a.File] < rank[b.File]
	}
	if a.Line != b.Line {
		return a.Line < b.Line
	}
	return a.Column < b.Column
}
