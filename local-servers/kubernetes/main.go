// The processes of a Kubernetes control plane in one program; the first argument says which to run, the others are its flags.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Each is built on demand: a command registers global state when it is made.
var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	program := ""
	if len(os.Args) > 1 {
		program = os.Args[1]
	}
	if program == "etcd" {
		etcdmain.Main(os.Args[1:])
		return
	}
	command, known := commands[program]
	if !known {
		fmt.Fprintf(os.Stderr, "the first argument is etcd, kube-apiserver, kube-controller-manager or kube-scheduler, not %q\n", program)
		os.Exit(2)
	}
	// These read os.Args themselves.
	os.Args = os.Args[1:]
	os.Exit(cli.Run(command()))
}
