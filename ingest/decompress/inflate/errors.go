package inflate

import (
	"fmt"
	"io"
)

// Fault says what is wrong with a gzip member.
type Fault uint8

// The faults. They are told apart as exactly as the input allows; a truncated
// member that is damaged as well is reported for what is met first.
const (
	Truncated   Fault = iota + 1 // the input ends within the member
	BadMagic                     // what stands here is no gzip member
	BadHeader                    // a name or comment beyond reason
	HeaderSum                    // the header does not match its FHCRC
	BadBlock                     // block type 3, which is reserved
	BadStored                    // a stored block whose LEN and NLEN disagree
	BadTable                     // Huffman code lengths that make no code
	BadCode                      // bits that no symbol has
	BadDistance                  // a match from before the start of the data
	Checksum                     // the data do not match their CRC-32
	Size                         // the data do not match their ISIZE
)

func (f Fault) String() string {
	switch f {
	case Truncated:
		return "unexpected end"
	case BadMagic:
		return "not a gzip header"
	case BadHeader:
		return "file name or comment too long"
	case HeaderSum:
		return "wrong header checksum"
	case BadBlock:
		return "invalid block type"
	case BadStored:
		return "stored block with contradictory lengths"
	case BadTable:
		return "invalid huffman table"
	case BadCode:
		return "invalid huffman code"
	case BadDistance:
		return "distance too far back"
	case Checksum:
		return "wrong checksum"
	case Size:
		return "wrong size"
	}
	return fmt.Sprintf("fault %d", uint8(f))
}

// Error says that a gzip member is damaged. What could be decoded before the
// damage has been delivered.
type Error struct {
	Fault Fault
	// Offset counts the bytes of the member that were consumed when the damage
	// was noticed. It stands before that, seldom by more than a few bytes; in
	// the case of a checksum it may be anywhere in the member.
	Offset int64
}

func (e *Error) Error() string { return fmt.Sprintf("%v at byte %d of the member", e.Fault, e.Offset) }

// Unwrap makes errors.Is(err, io.ErrUnexpectedEOF) true for a truncated member.
func (e *Error) Unwrap() error {
	if e.Fault == Truncated {
		return io.ErrUnexpectedEOF
	}
	return nil
}
