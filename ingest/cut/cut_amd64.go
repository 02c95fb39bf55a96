//go:build !purego

package cut

import "golang.org/x/sys/cpu"

// stepEnds is how many ends are written at a time, without a look at how many
// there are.
const stepEnds = 6

// quickRow is Row if the row ends with a newline and 64 bytes can be read from
// wherever it looks on; the size is -1 otherwise.
func quickRow(block []byte, separator byte, wanted int, ends *Ends) (found, size int) {
	if len(block) < 64 || wanted > MaxColumns || !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || !cpu.X86.HasPOPCNT {
		return 0, -1
	}
	return rowAVX2(&block[0], len(block), separator, wanted, ends)
}

// rowAVX2 is quickRow of the n >= 64 bytes from p on, which are all that it
// reads. It writes no end behind the 64+stepEnds that follow the last one wanted.
//
//go:noescape
func rowAVX2(p *byte, n int, separator byte, wanted int, ends *Ends) (found, size int)
