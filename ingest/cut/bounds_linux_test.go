package cut

import (
	"syscall"
	"testing"
)

// Row reads no byte behind its block, and none before it: there the pages begin
// that nobody may read.
func TestRowBounds(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	for _, p := range [][]byte{memory[:page], memory[2*page:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	block := memory[page : 2*page : 2*page]
	for i := range block {
		block[i] = "xxxxxxx\t"[i%8]
	}
	for size := range 400 {
		check(t, block[len(block)-size:], '\t', 20)
		check(t, block[:size], '\t', 20)
		if size > 0 {
			block[len(block)-1] = '\n'
			check(t, block[len(block)-size:], '\t', 20)
			block[len(block)-1] = '\t'
		}
	}
}
