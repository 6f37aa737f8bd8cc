// Who the demo's users are, as the host application knows them.
//
// Owns: that list. What a user may do beyond it, the API key says: it grants
// every dashboard to the users whose `resources` name none.

export const users = {
    ana: {
        name: 'Ana Flores', customer: 'acme',
        attributes: { customerId: 42, region: ['north', 'west'] },
    },
    gus: {
        name: 'Gus Meyer', customer: 'globex',
        attributes: {
            customerId: 7, region: ['north', 'south', 'east', 'west'],
        },
        resources: [
            { type: 'dashboard', id: 'sales', actions: ['can_view'] },
            { type: 'ai', id: 'sales', actions: ['can_query'] },
        ],
    },
};
