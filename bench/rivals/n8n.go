package main
import ("context";"flag")
func n8nFlags(set *flag.FlagSet) runner { return func(context.Context, place) error { return nil } }
