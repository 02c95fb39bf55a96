// Package geo says which country an address is in, from a MaxMind-format
// database or from the table that is built in.
package geo

// Country is an ISO 3166-1 alpha-2 code as a small number, fit to index a
// table of NumCountries. The zero value is Unknown.
type Country uint16

// Unknown is the country of an address that no source places.
const Unknown Country = 0

// NumCountries is the number of values of Country: every pair of letters, and
// Unknown.
const NumCountries = 26*26 + 1

// Parse reads two upper-case letters. Anything else, and ZZ, is Unknown.
func Parse[T string | []byte](code T) Country {
	if len(code) != 2 {
		return Unknown
	}
	a, b := code[0]-'A', code[1]-'A'
	if a >= 26 || b >= 26 || a == 25 && b == 25 {
		return Unknown
	}
	return Country(a)*26 + Country(b) + 1
}

// String is the code, ZZ for Unknown.
func (c Country) String() string {
	if c == Unknown || c >= NumCountries {
		return "ZZ"
	}
	return string([]byte{'A' + byte((c-1)/26), 'A' + byte((c-1)%26)})
}
