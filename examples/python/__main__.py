import pulumi
import pulumi_influx_token as influx

# influx auth create --org acme --read-buckets --write-buckets
telegraf = influx.Token(
    "telegraf",
    org="acme",
    description="acme: telegraf",
    read_buckets=True,
    write_buckets=True,
)

# Made anew each time that `generation` changes: the one before stays valid until the next time.
ci = influx.RotatingToken(
    "ci",
    org="acme",
    description="acme: ci",
    read_tasks=True,
    status=influx.TokenStatus.INACTIVE,
    generation="1",
)

pulumi.export("telegraf", telegraf.token)
pulumi.export("ci", ci.token)
pulumi.export("permissions", telegraf.permissions)
