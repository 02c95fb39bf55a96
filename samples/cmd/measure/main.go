//go:build unix

// Command measure runs commands by turns, several rounds of all of them, and
// prints the median of what each took: CPU time of all its processes, time on
// the clock, the largest resident set, and its throughput. samples/bench.sh
// says what to run.
//
// It reads one command a line from standard input, as three TAB-separated
// values: a label, the bytes that the command goes through, and a line for sh.
// A label that begins with "= " is a reference; what follows it is compared
// with it, in CPU time, until the next reference.
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
		for i := range tasks {
			fmt.Fprintf(stderr, "round %d of %d: %s\n", round+1, *rounds, tasks[i].label)
			if err := tasks[i].run(); err != nil {
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

// task is a command and what its runs took.
type task struct {
	label, command string
	bytes          int64
	cpu, wall      []time.Duration
	resident       []int64 // bytes
}

func readTasks(r io.Reader) ([]task, error) {
	var tasks []task
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		v := strings.SplitN(lines.Text(), "\t", 3)
		if len(v) != 3 {
			return nil, fmt.Errorf("%q: not a label, a number of bytes and a command", lines.Text())
		}
		n, err := strconv.ParseInt(v[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		tasks = append(tasks, task{label: v[0], bytes: n, command: v[2]})
	}
	return tasks, lines.Err()
}

func (t *task) run() error {
	var stderr bytes.Buffer
	c := exec.Command("sh", "-c", t.command)
	c.Stderr = &stderr
	start := time.Now()
	err := c.Run()
	wall := time.Since(start)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", t.command, err, stderr.Bytes())
	}
	t.cpu = append(t.cpu, c.ProcessState.UserTime()+c.ProcessState.SystemTime())
	t.wall = append(t.wall, wall)
	t.resident = append(t.resident, residentOf(c.ProcessState))
	return nil
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

func printTable(w io.Writer, tasks []task, rounds int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	width := 0
	for i := range tasks {
		width = max(width, len(tasks[i].label))
	}
	fmt.Fprintf(tw, "\tcpu s\twall s\tpeak MB\tMB/s (wall)\tcpu / reference\t\n")
	var reference time.Duration
	for i := range tasks {
		t := &tasks[i]
		cpu, wall := median(t.cpu), median(t.wall)
		ratio := ""
		if strings.HasPrefix(t.label, "= ") {
			reference = cpu
			ratio = "(reference)"
		} else if reference > 0 {
			ratio = fmt.Sprintf("%.2f", float64(cpu)/float64(reference))
		}
		fmt.Fprintf(tw, "%-*s\t%.2f\t%.2f\t%.0f\t%.0f\t%s\t\n", width, t.label, cpu.Seconds(), wall.Seconds(),
			float64(median(t.resident))/1e6, float64(t.bytes)/1e6/max(wall.Seconds(), 1e-9), ratio)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "median of %d interleaved rounds, %d cores, %s/%s, %s\n", rounds, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}
