package budget

import (
	"math"
	"math/bits"
)

// distinct estimates how many different values there are: HyperLogLog (Flajolet,
// Fusy, Gandouet and Meunier 2007) with linear counting of few (Whang,
// Vander-Zanden and Taylor 1990), with a standard error of 0.8%. More values
// never give a lower estimate. The zero value is not ready: see newDistinct.
type distinct struct {
	ranks []uint8
	empty int
	sum   uint64 // of 2^-rank, in units of 2^-mostRank
}

const (
	registerBits = 14
	registers    = 1 << registerBits
	mostRank     = 49 // so that sum fits
	// sparse is the share of empty registers above which they are counted.
	sparse = 1.0 / 20
	alpha  = 0.7213 / (1 + 1.079/registers)
)

func newDistinct() *distinct {
	return &distinct{ranks: make([]uint8, registers), empty: registers, sum: registers << mostRank}
}

func estimates(all *[NumKinds]*distinct) (n Counts) {
	for k, d := range all {
		n[k] = d.estimate()
	}
	return n
}

// add takes in the hash of a value.
func (d *distinct) add(hash uint64) {
	register := hash >> (64 - registerBits)
	rank := uint8(min(bits.LeadingZeros64(hash<<registerBits)+1, mostRank))
	old := d.ranks[register]
	if rank <= old {
		return
	}
	if old == 0 {
		d.empty--
	}
	d.sum -= 1<<(mostRank-old) - 1<<(mostRank-rank)
	d.ranks[register] = rank
}

func (d *distinct) estimate() int64 {
	if float64(d.empty) > registers*sparse {
		return int64(math.Round(registers * math.Log(registers/float64(d.empty))))
	}
	raw := alpha * registers * registers / math.Ldexp(float64(d.sum), -mostRank)
	return int64(math.Round(max(raw, registers*math.Log(1/sparse))))
}
