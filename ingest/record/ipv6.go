package record

// longestIPv6 is the length of the longest IPv6 address of eight groups.
const longestIPv6 = len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")

// parseIPv6 reads an IPv6 address written as groups of hexadecimal digits, with
// "::" or without. What it takes, netip.ParseAddr takes as the same address;
// that takes more: zones, and an IPv4 address at the end.
func parseIPv6(raw []byte) (ip [16]byte, ok bool) {
	if len(raw) < 2 || len(raw) > longestIPv6 {
		return ip, false
	}
	n, gap, i := 0, -1, 0 // groups read, of those before "::", and where to go on
	if raw[0] == ':' {
		if raw[1] != ':' {
			return ip, false
		}
		gap, i = 0, 2
	}
	for i < len(raw) {
		start, v := i, uint32(0)
		for ; i < len(raw) && hexDigits[raw[i]] < 16; i++ {
			v = v<<4 | uint32(hexDigits[raw[i]])
		}
		if i == start || i-start > 4 || n == 8 {
			return ip, false
		}
		ip[2*n], ip[2*n+1] = byte(v>>8), byte(v)
		n++
		if i == len(raw) {
			break
		}
		if raw[i] != ':' || i+1 == len(raw) {
			return ip, false
		}
		if i++; raw[i] == ':' {
			if gap >= 0 {
				return ip, false
			}
			gap = n
			i++
		}
	}
	if gap < 0 || n == 8 {
		return ip, gap < 0 && n == 8
	}
	moved := copy(ip[16-2*(n-gap):], ip[2*gap:2*n])
	clear(ip[2*gap : 16-moved])
	return ip, true
}

// hexDigits are the values of hexadecimal digits, and 16 for other bytes.
var hexDigits = func() (t [256]uint8) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = uint8(c - '0')
		case 'a' <= c && c <= 'f':
			t[c] = uint8(c - 'a' + 10)
		case 'A' <= c && c <= 'F':
			t[c] = uint8(c - 'A' + 10)
		default:
			t[c] = 16
		}
	}
	return t
}()
