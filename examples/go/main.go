package main

import (
	"example.com/pulumi-influx-token/sdk/go/influxtoken"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// influx auth create --org acme --read-buckets --write-buckets
		telegraf, err := influxtoken.NewToken(ctx, "telegraf", &influxtoken.TokenArgs{
			Org:          pulumi.String("acme"),
			Description:  pulumi.String("acme: telegraf"),
			ReadBuckets:  pulumi.Bool(true),
			WriteBuckets: pulumi.Bool(true),
		})
		if err != nil {
			return err
		}
		// Made anew each time that Generation changes: the one before stays valid until the next time.
		ci, err := influxtoken.NewRotatingToken(ctx, "ci", &influxtoken.RotatingTokenArgs{
			Org:         pulumi.String("acme"),
			Description: pulumi.String("acme: ci"),
			ReadTasks:   pulumi.Bool(true),
			Status:      influxtoken.TokenStatusInactive,
			Generation:  pulumi.String("1"),
		})
		if err != nil {
			return err
		}
		ctx.Export("telegraf", telegraf.Token)
		ctx.Export("ci", ci.Token)
		ctx.Export("permissions", telegraf.Permissions)
		return nil
	})
}
