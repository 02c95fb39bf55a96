package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hasMeta reports whether a path is a pattern.
func hasMeta(path string) bool { return strings.ContainsAny(path, `*?[`) }

// expand lists the paths that a pattern matches, sorted. The segments of the
// pattern are those of filepath.Match, and "**" is any number of directories,
// none included. As in a shell, a leading dot is matched by a dot only. A
// directory that must not be read is listed itself, for its error to be seen.
func expand(pattern string) ([]string, error) {
	root := ""
	rest := filepath.ToSlash(pattern)
	if volume := filepath.VolumeName(pattern); volume != "" || strings.HasPrefix(rest, "/") {
		root = volume + string(filepath.Separator)
		rest = strings.TrimLeft(rest[len(volume):], "/")
	}
	segments := strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })
	for _, s := range segments {
		if _, err := filepath.Match(s, ""); err != nil {
			return nil, err
		}
	}
	segments = slices.CompactFunc(segments, func(a, b string) bool { return a == "**" && b == "**" })
	var found []string
	descend(root, segments, &found)
	slices.SortFunc(found, comparePaths)
	return slices.Compact(found), nil // "**/a/**" finds one path in several ways
}

// comparePaths orders paths as a walk meets them: "a/b" before "a.log".
func comparePaths(a, b string) int {
	separator := string(filepath.Separator)
	return strings.Compare(strings.ReplaceAll(a, separator, "\x00"), strings.ReplaceAll(b, separator, "\x00"))
}

// descend adds what the segments match under dir ("" is the working directory).
func descend(dir string, segments []string, found *[]string) {
	if len(segments) == 0 {
		*found = append(*found, dir)
		return
	}
	segment, rest := segments[0], segments[1:]
	if segment == "**" {
		if len(rest) == 0 {
			rest = []string{"*"}
		}
		descend(dir, rest, found)
		for _, name := range names(dir, found) {
			path := filepath.Join(dir, name)
			if info, err := os.Lstat(path); name[0] != '.' && err == nil && info.IsDir() {
				descend(path, segments, found)
			}
		}
		return
	}
	if !hasMeta(segment) {
		path := filepath.Join(dir, segment)
		if _, err := os.Lstat(path); err == nil {
			descend(path, rest, found)
		}
		return
	}
	for _, name := range names(dir, found) {
		matched, _ := filepath.Match(segment, name) // the pattern is well-formed
		if matched && (name[0] != '.' || segment[0] == '.') {
			descend(filepath.Join(dir, name), rest, found)
		}
	}
}

// names lists a directory; what is none has no names. One that must not be
// read is added to found.
func names(dir string, found *[]string) []string {
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		*found = append(*found, dir)
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.Name()
	}
	return all
}
