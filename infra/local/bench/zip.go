package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// zipSize is how many bytes a deployment package of these files of dir has.
func zipSize(dir string, names ...string) (int64, error) {
	var size counter
	archive := zip.NewWriter(&size)
	for _, name := range names {
		if err := add(archive, dir, name); err != nil {
			return 0, fmt.Errorf("zipping %s: %w", name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return 0, fmt.Errorf("zipping %s: %w", dir, err)
	}
	return int64(size), nil
}

func add(archive *zip.Writer, dir, name string) error {
	in, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := archive.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
