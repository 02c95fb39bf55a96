package source

import (
	"io/fs"
	"os"
)

// seen is a set of files, told apart as os.SameFile does.
type seen struct {
	ids   map[fileID]bool
	infos []fs.FileInfo // those without an id
}

// fileID names a file on this machine, whatever its paths.
type fileID struct {
	device, inode uint64
}

// add adds a file and reports whether it is new.
func (s *seen) add(info fs.FileInfo) bool {
	if id, ok := identify(info); ok {
		if s.ids == nil {
			s.ids = make(map[fileID]bool)
		}
		was := s.ids[id]
		s.ids[id] = true
		return !was
	}
	for _, other := range s.infos {
		if os.SameFile(info, other) {
			return false
		}
	}
	s.infos = append(s.infos, info)
	return true
}
