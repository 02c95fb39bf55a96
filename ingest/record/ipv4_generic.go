//go:build !amd64 || purego

package record

// readIPv4 reads the address that is the first size < wideIPv4 bytes of wide.
func readIPv4(wide *[wideIPv4]byte, size int) (addr uint32, ok bool) { return slowIPv4(wide, size) }
