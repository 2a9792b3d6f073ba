// Writes SDKs from a Pulumi schema, as Pulumi's own tools do, after a check of the schema that takes warnings for errors.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const usage = "Usage: sdkgen SCHEMA.json FOLDER\n\nWrites FOLDER/python and FOLDER/go."

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "sdkgen: %v\n", err)
		os.Exit(1)
	}
}

func run(schemaFile, folder string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	// A generator leaves its traces in the package: each gets one of its own.
	pkg, err := bind(text)
	if err != nil {
		return err
	}
	files, err := python.GeneratePackage("sdkgen", pkg, nil, nil)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(folder, "python"), files); err != nil {
		return err
	}
	if pkg, err = bind(text); err != nil {
		return err
	}
	if files, err = gogen.GeneratePackage("sdkgen", pkg, nil); err != nil {
		return err
	}
	return write(filepath.Join(folder, "go"), files)
}

func bind(text []byte) (*schema.Package, error) {
	var spec schema.PackageSpec
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, nil, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	return pkg, nil
}

func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
