package deals

import "github.com/perdura/perdura/definitions"

// StandardName is the pipeline that counts where no other is named.
const StandardName = "sales"

// Kind are the pipelines. A deal stays on the version that it is on until it moves: the move is judged by that version,
// whose activities its owner was given, and takes the deal onto the newest one that knows the stage. So nobody is asked
// for what they were never told of, and no deal changes by itself.
var Kind = definitions.NewKind("pipeline", "The stages of deals: what each asks for and brings, and how likely a deal is to be won.",
	check, map[string]Pipeline{StandardName: Standard()})
