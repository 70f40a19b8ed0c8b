package config

import (
	"fmt"
	"path/filepath"

	"github.com/caarlos0/env/v11"
)

// File is the configuration's name beside a function's binary.
const File = "config.json"

// Function is all that a function is set up with.
type Function struct {
	Config
	Environment
}

// Environment is the part of a function's setup that only a deployment knows.
type Environment struct {
	TaskRoot     string `env:"LAMBDA_TASK_ROOT,required,notEmpty"` // set by Lambda: the folder the bundle is unpacked in
	Region       string `env:"AWS_REGION,required,notEmpty"`       // set by Lambda
	SigningKeyID string `env:"SIGNING_KEY_ID,required,notEmpty"`   // the Region's KMS key for signatures, as an ARN
	// CaptureQueueURL is where snapshot sends captures. No other function has it.
	CaptureQueueURL string `env:"CAPTURE_QUEUE_URL"`
}

// LoadFunction reads a function's environment and the configuration file beside
// its binary. An error means a broken deployment: it names what is missing.
func LoadFunction() (Function, error) {
	var f Function
	if err := env.Parse(&f.Environment); err != nil {
		return Function{}, fmt.Errorf("reading the function's environment: %w", err)
	}
	c, err := Load(filepath.Join(f.TaskRoot, File))
	if err != nil {
		return Function{}, err
	}
	f.Config = c
	return f, nil
}
