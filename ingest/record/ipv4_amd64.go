//go:build !purego

package record

import "golang.org/x/sys/cpu"

// readIPv4 reads the address that is the first size < wideIPv4 bytes of wide.
func readIPv4(wide *[wideIPv4]byte, size int) (addr uint32, ok bool) {
	if !cpu.X86.HasAVX {
		return slowIPv4(wide, size)
	}
	return readAVX(wide, size, &ipv4Forms)
}

// readAVX is readIPv4: it puts the digits of all four numbers into place with
// one shuffle, which depends on where the dots are.
//
//go:noescape
func readAVX(wide *[wideIPv4]byte, size int, forms *[256]ipv4Form) (addr uint32, ok bool)

// ipv4Form is how an address with its dots in certain places is read. Numbers
// are in the order of a little-endian word, the last one first.
type ipv4Form struct {
	digits [4][4]uint8 // of each number, where those of hundreds, tens and ones are; noDigit
	least  [4]uint8    // of each number of so many digits: there is no leading zero
	ends   uint32      // a bit for each dot, and one for the end; 0: no address has this form
	_      [8]byte     // the size is a power of two
}

// noDigit shuffles in a zero.
const noDigit = 0x80

// formFactor is such that the product of it and the ends of a form, which has 32
// bits, has other upper 8 bits for each form. It was found by trying.
const formFactor = 0xb72bb881

// ipv4Forms are the forms by those bits.
var ipv4Forms = func() (forms [256]ipv4Form) {
	for all := range 81 {
		var f ipv4Form
		at, rest := 0, all
		for i := 3; i >= 0; i-- {
			size := 1 + rest%3
			rest /= 3
			f.digits[i] = [4]uint8{noDigit, noDigit, noDigit, noDigit}
			for digit := range size {
				f.digits[i][3-size+digit] = uint8(at + digit)
			}
			f.least[i] = [...]uint8{1: 0, 2: 10, 3: 100}[size]
			at += size
			f.ends |= 1 << at
			at++
		}
		forms[f.ends*formFactor>>24] = f
	}
	return forms
}()
