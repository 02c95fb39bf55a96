//go:build unix

package source

import (
	"io/fs"
	"syscall"
)

func identify(info fs.FileInfo) (fileID, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}, false
	}
	return fileID{device: uint64(stat.Dev), inode: stat.Ino}, true
}
