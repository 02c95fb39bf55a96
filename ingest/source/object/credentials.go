package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// How long is waited for credentials: those of a machine's role come from the
// machine's own network, or not at all.
const (
	metadataTimeout = 2 * time.Second
	tokenTimeout    = 20 * time.Second
)

// credentials finds the credentials as the tools of Amazon do: in the
// environment, with a web identity, in the files of a profile, and as the role
// of a container or a machine.
func (c *Client) credentials(ctx context.Context, anonymous bool) (*credentials.Credentials, error) {
	if anonymous {
		return credentials.NewStatic("", "", "", credentials.SignatureAnonymous), nil
	}
	found := credentials.New(&chain{places: c.places()})
	request := &credentials.CredContext{Client: &http.Client{Transport: c.transport, Timeout: tokenTimeout}, Context: ctx}
	if _, err := found.GetWithContext(request); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	return found, nil
}

// place is where credentials may be.
type place struct {
	name     string
	provider credentials.Provider
}

// places are the places to look at, the first one first.
func (c *Client) places() []place {
	role := &credentials.IAM{Client: &http.Client{Transport: c.transport, Timeout: tokenTimeout}}
	all := []place{{"environment", &credentials.EnvAWS{}}}
	if os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		return append(all, place{"web identity", role}, place{"profile", &credentials.FileAWSCredentials{}})
	}
	all = append(all, place{"profile", &credentials.FileAWSCredentials{}})
	switch {
	case os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "":
		role.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: tokenTimeout} // not through a proxy
		all = append(all, place{"role of the container", role})
	case !isSet(os.Getenv("AWS_EC2_METADATA_DISABLED")):
		role.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: metadataTimeout}
		all = append(all, place{"", role}) // most machines have none, which is nothing to tell
	}
	return all
}

// chain asks one place after the other, and stays with the first that has
// credentials.
type chain struct {
	places []place
	chosen credentials.Provider
}

// Retrieve implements credentials.Provider.
func (c *chain) Retrieve() (credentials.Value, error) { return c.RetrieveWithCredContext(nil) }

// RetrieveWithCredContext implements credentials.Provider.
func (c *chain) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	var faults []string
	for _, p := range c.places {
		value, err := p.provider.RetrieveWithCredContext(cc)
		switch {
		case err == nil && value.AccessKeyID != "" && value.SecretAccessKey != "":
			c.chosen = p.provider
			return value, nil
		case err == nil && value.AccessKeyID+value.SecretAccessKey != "":
			faults = append(faults, p.name+": one of the access key and its secret is missing")
		case p.name != "" && err != nil && !errors.Is(err, fs.ErrNotExist):
			faults = append(faults, p.name+": "+withoutSecrets(err))
		}
	}
	return credentials.Value{}, noCredentials(faults)
}

// IsExpired implements credentials.Provider.
func (c *chain) IsExpired() bool { return c.chosen == nil || c.chosen.IsExpired() }

// noCredentials says how to give credentials, and what was wrong with those
// that were found.
func noCredentials(faults []string) error {
	text := "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of the shared credentials file, " +
		"or AWS_NO_SIGN_REQUEST=1 for a bucket that is open to everybody"
	if len(faults) > 0 {
		text += fmt.Sprintf(" (%s)", strings.Join(faults, "; "))
	}
	return errors.New(text)
}

// withoutSecrets is what may be told of the fault of a place. Errors of a
// parser are not told: they quote the file that has the secrets.
func withoutSecrets(err error) string {
	text := printable(cause(err).Error())
	for _, harmless := range []string{"SSO", "sso_", "section", "credential process", "partial static credentials", "token file"} {
		if strings.Contains(text, harmless) && !strings.Contains(text, "delimiter") {
			return text
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return text
	}
	return "cannot be used"
}
