// Command unpack decompresses files one after another in rulecast's way, throws
// away what comes out, and prints how many bytes that was: what the decompressor
// takes alone.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"rulecast/ingest/decompress"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "unpack:", err)
		os.Exit(1)
	}
}

func run(paths []string, out io.Writer) error {
	var blocks decompress.Blocks
	total := 0
	for _, path := range paths {
		n, err := unpack(&blocks, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		total += n
	}
	_, err := fmt.Fprintln(out, total)
	return err
}

// unpack returns how many bytes a file has, unpacked.
func unpack(blocks *decompress.Blocks, path string) (n int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	blocks.Start(file, decompress.Never)
	for {
		data, err := blocks.Next(context.Background())
		n += len(data)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
