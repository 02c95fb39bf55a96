package object

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// find lists the objects of a bucket whose keys have a prefix or match a
// pattern, sorted by key. A prefix that is the key of an object is that object
// alone. Empty objects, among them those that stand for directories, are left
// out, and so are keys with a part behind the prefix that begins with a dot.
func (s *store) find(ctx context.Context, name, prefix string) (*Found, error) {
	if err := s3utils.CheckValidBucketName(name); err != nil {
		return nil, errors.New("the bucket's name is not valid")
	}
	b, err := s.bucket(name)
	if err != nil {
		return nil, err
	}
	want := newWanted(prefix)
	if err := want.check(); err != nil {
		return nil, err
	}
	f := finder{wanted: want, window: s.client.window()}
	if err := b.list(ctx, want.literal(), f.add); err != nil {
		return nil, err
	}
	keys, pruned := f.result()
	if len(keys) == 0 && pruned == 0 {
		switch {
		case want.pattern:
			return nil, errors.New("no object matches this pattern")
		case prefix == "":
			return nil, errors.New("no objects in this bucket")
		}
		return nil, errors.New("no object has this key or prefix")
	}
	found := &Found{Pruned: pruned}
	for _, o := range keys {
		found.Objects = append(found.Objects, b.object(o))
	}
	return found, nil
}

func (b *bucket) object(o stored) *Object {
	name := "s3://" + b.name + "/" + o.key
	origin := &keyed{bucket: b, key: o.key}
	return &Object{Name: name, ID: name, Size: o.size, early: true, open: func(ctx context.Context) (*File, error) {
		return b.client.open(ctx, origin, o.size, true)
	}}
}

// finder picks from a listing.
type finder struct {
	wanted
	window window
	exact  *stored // the key that is the prefix
	keys   []stored
	pruned int
}

func (f *finder) add(o stored) {
	if o.key == f.text {
		f.exact = &o
		return
	}
	switch {
	case o.size == 0 || strings.HasSuffix(o.key, "/") || !f.match(o.key):
	case f.window.excludes(o.key):
		f.pruned++
	default:
		f.keys = append(f.keys, o)
	}
}

// result is what was picked. The object that the argument names is read
// whatever its time is; if it is empty, it is one only if there is no other.
func (f *finder) result() (keys []stored, pruned int) {
	if f.exact != nil && (f.exact.size > 0 || len(f.keys)+f.pruned == 0) && !strings.HasSuffix(f.text, "/") {
		return []stored{*f.exact}, 0
	}
	slices.SortFunc(f.keys, func(a, b stored) int { return strings.Compare(a.key, b.key) })
	return f.keys, f.pruned
}

// wanted is what follows the bucket in an argument.
type wanted struct {
	text     string
	pattern  bool
	segments []string // of a pattern
}

func newWanted(text string) wanted {
	w := wanted{text: text, pattern: strings.ContainsAny(text, `*?[`)}
	if w.pattern {
		w.segments = strings.Split(strings.TrimSuffix(text, "/"), "/")
		w.segments = slices.CompactFunc(w.segments, func(a, b string) bool { return a == "**" && b == "**" })
	}
	return w
}

func (w *wanted) check() error {
	for _, s := range w.segments {
		if _, err := path.Match(s, ""); err != nil {
			return err
		}
	}
	return nil
}

// literal is what all keys that match begin with.
func (w *wanted) literal() string {
	if !w.pattern {
		return w.text
	}
	return w.text[:strings.IndexAny(w.text, `*?[\`)]
}

// match reports whether a key that begins with literal is wanted. The segments
// of a pattern are those of path.Match, and "**" is any number of segments,
// none included; a leading dot is matched by a dot only. As a pattern of local
// files finds directories, one of keys finds what begins with a match and a
// slash.
func (w *wanted) match(key string) bool {
	if w.pattern {
		return matchSegments(w.segments, strings.Split(key, "/"))
	}
	rest := key[len(w.text):]
	begun := w.text != "" && !strings.HasSuffix(w.text, "/")
	return !strings.Contains(rest, "/.") && (begun || !strings.HasPrefix(rest, "."))
}

func matchSegments(pattern, key []string) bool {
	for i, p := range pattern {
		if p == "**" {
			for rest := pattern[i+1:]; !matchSegments(rest, key); key = key[1:] {
				if len(key) == 0 || hidden(key[0]) {
					return false
				}
			}
			return true
		}
		if len(key) == 0 || hidden(key[0]) && !hidden(p) {
			return false
		}
		if matched, _ := path.Match(p, key[0]); !matched { // the pattern is well-formed
			return false
		}
		key = key[1:]
	}
	return !slices.ContainsFunc(key, hidden)
}

func hidden(segment string) bool { return strings.HasPrefix(segment, ".") }
