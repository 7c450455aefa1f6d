import { type Call, type Context, found, zoneOf } from "../context.ts";
import { list } from "../lists.ts";
import type { Reservation } from "../records.ts";
import { renderReservation, reservationLink } from "../reservations.ts";
import { LIST_QUERY, type Route, reading } from "../route.ts";

const RESERVATIONS = "projects/{project}/zones/{zone}/reservations";

export const reservationRoutes: readonly Route[] = [
  reading({
    id: "reservations.list",
    path: RESERVATIONS,
    permission: "compute.reservations.list",
    query: LIST_QUERY,
    read(context, call) {
      const zone = zoneOf(call);
      const { id, reservations } = context.project;
      return list(call, {
        kind: "reservation",
        link: `projects/${id}/zones/${zone}/reservations`,
        records: [...reservations.values()].filter((one) => one.zone === zone),
        render: (one: Reservation) => rendered(context, one),
        keyOf: (one: Reservation) => one,
      });
    },
  }),
  reading({
    id: "reservations.get",
    path: `${RESERVATIONS}/{reservation}`,
    permission: "compute.reservations.get",
    read: (context, call) => rendered(context, reservationIn(context, call)),
  }),
];

function rendered({ world, project, now }: Context, one: Reservation) {
  return renderReservation(world, project.id, one, now);
}

function reservationIn({ project }: Context, call: Call): Reservation {
  const zone = zoneOf(call);
  const name = call.part("reservation");
  return found(
    project.reservations.get(`${zone}/${name}`),
    reservationLink(project.id, zone, name),
  );
}
