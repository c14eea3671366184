package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// SearchAttributes are what runs can be found by in the Temporal UI: keywords that hold names and opaque ids.
var SearchAttributes = []string{"PerduraProcess", "PerduraSubject", "PerduraStep"}

// EnsureSearchAttributes adds the attributes that the namespace lacks. A client that may not do so gets by with a
// warning that says how an operator adds them. It errs when Temporal does not answer.
func EnsureSearchAttributes(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	operator := temporal.OperatorService()
	existing, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err == nil {
		missing := map[string]enums.IndexedValueType{}
		for _, name := range SearchAttributes {
			if _, there := existing.GetCustomAttributes()[name]; !there {
				missing[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
			}
		}
		if len(missing) == 0 {
			return nil
		}
		_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: namespace, SearchAttributes: missing,
		})
	}
	var denied *serviceerror.PermissionDenied
	var unimplemented *serviceerror.Unimplemented
	var exists *serviceerror.AlreadyExists // another worker was faster
	switch {
	case err == nil, errors.As(err, &exists):
		return nil
	case errors.As(err, &denied), errors.As(err, &unimplemented):
		log.Warn("this client may not look after Temporal's search attributes; if runs do not start, an operator adds them",
			"command", "temporal operator search-attribute create --namespace "+namespace+" --type Keyword --name "+strings.Join(SearchAttributes, " --name "))
		return nil
	default:
		return fmt.Errorf("register Temporal's search attributes in namespace %s: %w", namespace, err)
	}
}
