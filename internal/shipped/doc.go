// Package shipped holds the tests of what ships beside the binary: install.sh,
// the action, the image and the workflows. It has no code.
package shipped
