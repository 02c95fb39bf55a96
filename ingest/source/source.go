// Package source finds the inputs that a command line names: files,
// directories, glob patterns, standard input, and what is on servers.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rulecast/ingest/source/object"
)

// Stdin is the argument that stands for standard input, and its name.
const Stdin = "-"

// Input is one thing to read.
type Input struct {
	Name string // the argument, or the path found under it, without secrets; for reports
	Path string // of a file; "" for anything else
	Size int64  // bytes as stored, or -1 if that is not known before they are read

	stdin  io.Reader
	object *object.Object
	fault  error // why it cannot be opened, known already
}

// File is an open input.
type File struct {
	io.Reader
	// At reads anywhere in the file; nil unless it is a regular one, or its
	// server can do that.
	At io.ReaderAt
	// Through is At for those who read all of the file, about in order; nil if
	// Reader is to be preferred for that.
	Through io.ReaderAt
	Size    int64 // -1 if it is not known
	closer  io.Closer
}

// Close closes the file; standard input stays open.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Remote reports whether the input is on a server.
func (in *Input) Remote() bool { return in.object != nil }

// Once reports whether the input can be opened only once, like a pipe.
func (in *Input) Once() bool { return in.object == nil && in.fault == nil && in.Size < 0 }

// Prepare begins to open what is in a store, for Open to find, with ctx as that
// of Open; for other inputs it does nothing. What is prepared and not opened
// has to be discarded.
func (in *Input) Prepare(ctx context.Context) {
	if in.object != nil {
		in.object.Prepare(ctx)
	}
}

// Discard closes what was prepared and not opened.
func (in *Input) Discard() {
	if in.object != nil {
		in.object.Discard()
	}
}

// Open opens the input. What is on a server can be read until ctx ends. The
// error does not repeat the input's name.
func (in *Input) Open(ctx context.Context) (*File, error) {
	switch {
	case in.fault != nil:
		return nil, in.fault
	case in.object != nil:
		f, err := in.object.Open(ctx)
		if err != nil {
			return nil, err
		}
		return &File{Reader: f, At: f.At, Through: f.Through, Size: f.Size, closer: f}, nil
	case in.Path == "":
		return &File{Reader: in.stdin, Size: -1}, nil
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return nil, cause(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, cause(err)
	}
	file := &File{Reader: f, Size: -1, closer: f}
	if info.Mode().IsRegular() {
		file.At, file.Through, file.Size = f, f, info.Size()
	}
	return file, nil
}

// cause is an error without the operation and the path in it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Options say what arguments stand for.
type Options struct {
	Stdin   io.Reader      // "-"; nil if there is none
	Objects object.Options // "s3://..." and URLs
}

// Listing is what arguments stand for.
type Listing struct {
	Inputs []*Input
	Pruned int // objects left out because their keys say that they have nothing from the time asked for
}

// List finds the inputs that the arguments name, in the order of the arguments
// and sorted by path beneath each. A directory is walked; names in it that
// begin with a dot are left out, and so is what is neither file nor directory.
// A file that is found twice, also through links, is listed once. What cannot
// be read beneath a directory is listed, and Open says why.
//
// An argument "s3://bucket/prefix" is what an S3-compatible store has under a
// prefix or for a pattern, and a URL is itself (see object.Client). No other
// argument lets anything be asked over a network.
//
// An argument that stands for nothing is an error, and nothing is opened then.
func List(ctx context.Context, args []string, opts Options) (*Listing, error) {
	if len(args) == 0 {
		return nil, errors.New("no input is named")
	}
	l := lister{stdin: opts.Stdin, faults: make(map[string]bool), objects: object.NewClient(opts.Objects), listed: make(map[string]bool)}
	for _, arg := range args {
		find := l.argument
		if object.Handles(arg) {
			find = func(arg string) error { return l.remote(ctx, arg) }
		}
		if err := find(arg); err != nil {
			return nil, fmt.Errorf("%s: %w", object.PublicName(arg), err)
		}
	}
	return &l.listing, nil
}

type lister struct {
	stdin   io.Reader
	objects *object.Client
	listing Listing
	files   seen
	faults  map[string]bool // paths listed that cannot be read
	listed  map[string]bool // objects, by their ID
	dirs    seen            // walked for the argument at hand
	found   int             // files found for the argument at hand, listed before or not
	piped   bool            // standard input is listed
}

// remote lists what is on a server.
func (l *lister) remote(ctx context.Context, arg string) error {
	found, err := l.objects.Find(ctx, arg)
	if err != nil {
		return err
	}
	l.listing.Pruned += found.Pruned
	for _, o := range found.Objects {
		if !l.listed[o.ID] {
			l.listed[o.ID] = true
			l.add(&Input{Name: o.Name, Size: o.Size, object: o})
		}
	}
	return nil
}

func (l *lister) add(in *Input) { l.listing.Inputs = append(l.listing.Inputs, in) }

func (l *lister) argument(arg string) error {
	l.dirs, l.found = seen{}, 0
	if arg == Stdin {
		return l.standardInput()
	}
	if scheme, _, ok := strings.Cut(arg, "://"); ok && isScheme(scheme) {
		return unsupported(strings.ToLower(scheme))
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		entries, err := os.ReadDir(arg)
		if err != nil {
			return cause(err)
		}
		l.directory(arg, info, entries)
		if l.found == 0 {
			return errors.New("no files in this directory")
		}
		return nil
	case err == nil:
		l.file(arg, info)
		return nil
	case errors.Is(err, fs.ErrNotExist) && hasMeta(arg):
		return l.glob(arg)
	}
	return cause(err)
}

func (l *lister) standardInput() error {
	if l.stdin == nil {
		return errors.New("there is no standard input")
	}
	if !l.piped {
		l.add(&Input{Name: Stdin, Size: -1, stdin: l.stdin})
		l.piped = true
	}
	return nil
}

// unsupported says what to do about an address of another kind.
func unsupported(scheme string) error {
	if scheme == "gs" {
		return errors.New("gs addresses are not supported: read the bucket as s3://, with AWS_ENDPOINT_URL_S3=https://storage.googleapis.com and an HMAC key")
	}
	return fmt.Errorf("%s addresses are not supported: copy the logs to a directory first", scheme)
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

func (l *lister) glob(pattern string) error {
	paths, err := expand(pattern)
	if err != nil {
		return err
	}
	for _, path := range paths {
		l.entry(path, true)
	}
	if l.found == 0 {
		return errors.New("no file matches this pattern")
	}
	return nil
}

// entry lists what a directory or a pattern has at path.
func (l *lister) entry(path string, named bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.unreadable(path, err)
	case info.IsDir():
		entries, err := os.ReadDir(path)
		if err != nil {
			l.unreadable(path, err)
			return
		}
		l.directory(path, info, entries)
	case info.Mode().IsRegular() || named:
		l.file(path, info)
	}
}

// directory walks a directory, once for an argument even if links lead to it
// again.
func (l *lister) directory(path string, info fs.FileInfo, entries []fs.DirEntry) {
	if !l.dirs.add(info) {
		return
	}
	for _, e := range entries { // sorted by name
		if !strings.HasPrefix(e.Name(), ".") {
			l.entry(filepath.Join(path, e.Name()), false)
		}
	}
}

func (l *lister) file(path string, info fs.FileInfo) {
	l.found++
	if !l.files.add(info) {
		return
	}
	in := &Input{Name: path, Path: path, Size: -1}
	if info.Mode().IsRegular() {
		in.Size = info.Size()
	}
	l.add(in)
}

func (l *lister) unreadable(path string, err error) {
	l.found++
	if !l.faults[path] {
		l.faults[path] = true
		l.add(&Input{Name: path, Path: path, fault: cause(err)})
	}
}
