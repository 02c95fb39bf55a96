// Package source finds the inputs that a command line names: files,
// directories, glob patterns and standard input.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Stdin is the argument that stands for standard input, and its name.
const Stdin = "-"

// Input is one thing to read.
type Input struct {
	Name string // the argument, or the path found under it; for reports
	Path string // "" for standard input
	Size int64  // bytes as stored, or -1 if that is not known before they are read

	stdin io.Reader
	fault error // why it cannot be opened, known already
}

// File is an open input.
type File struct {
	io.Reader
	// At reads anywhere in the file; nil unless it is a regular one.
	At     io.ReaderAt
	Size   int64 // -1 unless it is a regular file
	closer io.Closer
}

// Close closes the file; standard input stays open.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Open opens the input. The error does not repeat its name.
func (in *Input) Open() (*File, error) {
	if in.fault != nil {
		return nil, in.fault
	}
	if in.Path == "" {
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
		file.At, file.Size = f, info.Size()
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

// List finds the inputs that the arguments name, in the order of the arguments
// and sorted by path beneath each. A directory is walked; names in it that
// begin with a dot are left out, and so is what is neither file nor directory.
// A file that is found twice, also through links, is listed once. What cannot
// be read beneath a directory is listed, and Open says why.
//
// An argument that stands for nothing is an error, and nothing is opened then.
func List(args []string, stdin io.Reader) ([]*Input, error) {
	if len(args) == 0 {
		return nil, errors.New("no input is named")
	}
	l := lister{stdin: stdin, faults: make(map[string]bool)}
	for _, arg := range args {
		if err := l.argument(arg); err != nil {
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
	}
	return l.inputs, nil
}

type lister struct {
	stdin  io.Reader
	inputs []*Input
	files  seen
	faults map[string]bool // paths listed that cannot be read
	dirs   seen            // walked for the argument at hand
	found  int             // files found for the argument at hand, listed before or not
	piped  bool            // standard input is listed
}

func (l *lister) argument(arg string) error {
	l.dirs, l.found = seen{}, 0
	if arg == Stdin {
		return l.standardInput()
	}
	if scheme, _, ok := strings.Cut(arg, "://"); ok && isScheme(scheme) {
		return fmt.Errorf("%s addresses are not supported; copy the logs to a directory first", scheme)
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
		l.inputs = append(l.inputs, &Input{Name: Stdin, Size: -1, stdin: l.stdin})
		l.piped = true
	}
	return nil
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
	l.inputs = append(l.inputs, in)
}

func (l *lister) unreadable(path string, err error) {
	l.found++
	if !l.faults[path] {
		l.faults[path] = true
		l.inputs = append(l.inputs, &Input{Name: path, Path: path, fault: cause(err)})
	}
}
