//go:build unix

// Command measure runs commands by turns, several rounds of all of them, and
// prints the median of what each took: CPU time of all its processes, time on
// the clock, the largest resident set, and its throughput. samples/bench.sh
// says what to run.
//
// It reads one command a line from standard input, as four TAB-separated values:
// a label, the bytes that the command goes through, a line for sh that gets it
// ready, and one that is measured. Getting ready is to read the inputs, so that
// they come from memory for whoever is first. A command that stands in several lines runs once a round and shows in all of
// them. A label that begins with "= " is what the lines after it are held
// against, until the next such line: their last two columns are what it took
// over what they took, in CPU time and on the clock, as the median of the
// rounds' ratios. 0.50 is half of their time, 2.00 twice.
//
// The resident set is that of the largest process, and never less than that of
// measure itself (some 5 MB): this is how the kernel counts.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 3, "how often each command runs")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || *rounds < 1 || flags.NArg() > 0 {
		return 2
	}
	tasks, err := readTasks(stdin)
	if err != nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 2
	}
	for round := range *rounds {
		for _, t := range tasks {
			if t.times.rounds() > round { // under another label
				continue
			}
			fmt.Fprintf(stderr, "round %d of %d: %s\n", round+1, *rounds, t.label)
			if err := t.run(); err != nil {
				fmt.Fprintln(stderr, "measure:", err)
				return 1
			}
		}
	}
	if err := printTable(stdout, tasks, *rounds); err != nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 1
	}
	return 0
}

// task is a line of the table.
type task struct {
	label          string
	bytes          int64
	ready, command string // for sh; what ready takes does not count
	times          *times // of the command: tasks share them
}

// times are what the runs of a command took, one element for each round.
type times struct {
	cpu, wall []time.Duration
	resident  []int64 // bytes
}

func (t *times) rounds() int { return len(t.cpu) }

func readTasks(r io.Reader) ([]task, error) {
	var tasks []task
	commands := map[string]*times{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		v := strings.SplitN(lines.Text(), "\t", 4)
		if len(v) != 4 {
			return nil, fmt.Errorf("%q: not a label, a number of bytes and two commands", lines.Text())
		}
		n, err := strconv.ParseInt(v[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		t := task{label: v[0], bytes: n, ready: v[2], command: v[3]}
		if commands[t.command] == nil {
			commands[t.command] = &times{}
		}
		t.times = commands[t.command]
		tasks = append(tasks, t)
	}
	return tasks, lines.Err()
}

func (t *task) run() error {
	if _, err := shell(t.ready); err != nil {
		return err
	}
	start := time.Now()
	state, err := shell(t.command)
	wall := time.Since(start)
	if err != nil {
		return err
	}
	t.times.cpu = append(t.times.cpu, state.UserTime()+state.SystemTime())
	t.times.wall = append(t.times.wall, wall)
	t.times.resident = append(t.times.resident, residentOf(state))
	return nil
}

// shell runs a line, and says what its processes took.
func shell(line string) (*os.ProcessState, error) {
	var stderr bytes.Buffer
	c := exec.Command("sh", "-c", line)
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", line, err, stderr.Bytes())
	}
	return c.ProcessState, nil
}

// residentOf is ru_maxrss, which Linux counts in KiB and macOS in bytes.
func residentOf(s *os.ProcessState) int64 {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	n := int64(usage.Maxrss)
	if runtime.GOOS != "darwin" {
		n <<= 10
	}
	return n
}

// median is the middle of the runs, the lower one of two.
func median[T cmp.Ordered](runs []T) T {
	runs = slices.Sorted(slices.Values(runs))
	return runs[(len(runs)-1)/2]
}

// ratio is the median of a over b, round by round: what slows the machine down
// for a while slows both.
func ratio(a, b []time.Duration) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(max(b[i], 1))
	}
	return median(ratios)
}

func printTable(w io.Writer, tasks []task, rounds int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	width := 0
	for _, t := range tasks {
		width = max(width, utf8.RuneCountInString(t.label))
	}
	fmt.Fprintf(tw, "\tcpu s\twall s\tpeak MB\tMB/s (wall)\t= / it, cpu\t= / it, wall\t\n")
	var reference *times
	for _, t := range tasks {
		cpu, wall := "", ""
		if strings.HasPrefix(t.label, "= ") {
			reference = t.times
		} else if reference != nil {
			cpu = fmt.Sprintf("%.2f", ratio(reference.cpu, t.times.cpu))
			wall = fmt.Sprintf("%.2f", ratio(reference.wall, t.times.wall))
		}
		seconds := median(t.times.wall).Seconds()
		fmt.Fprintf(tw, "%-*s\t%.2f\t%.2f\t%.0f\t%.0f\t%s\t%s\t\n", width, t.label, median(t.times.cpu).Seconds(), seconds,
			float64(median(t.times.resident))/1e6, float64(t.bytes)/1e6/max(seconds, 1e-9), cpu, wall)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "median of %d interleaved rounds, %d cores, %s/%s, %s\n", rounds, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}
