"""Indices and the functions that move elements, against PyTorch: values, gradients, views, refusals.

Two tables of calls, one that both libraries answer and one that both refuse; and random indices,
the same ones on every run, of every mix of parts.
"""

import math
import random
import re

import numpy as np
import pytest

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan.autograd.tensor import wrap

# -- calls -----------------------------------------------------------------------------------------
# t is the library, F its functional, x (2, 3, 4), m (2, 3) and v (4) count from 0, L makes a vector.

ANSWERED = """
    x[[[0,1],[1,2]]] ; x[t.tensor([1,0],dtype=t.uint8)] ; t.gather(m,0,t.tensor([[0,1]])) ;
    t.gather(m,0,t.tensor([[1,1]],dtype=t.int32)) ; t.gather(t.tensor(3.),0,t.tensor(0)) ;
    t.gather(t.tensor(3.),0,t.tensor([0,0])) ; t.gather(v,0,t.tensor(2)) ;
    t.gather(m,1,t.zeros(2,0,dtype=t.int64)) ; t.gather(m,1,t.zeros(1,5,dtype=t.int64)) ;
    t.index_select(m,0,t.tensor(1)) ; t.index_select(m,0,t.tensor([1],dtype=t.int32)) ;
    m.index_add(0,L(0,0),t.ones(2,3)) ; m.index_add(0,L(0,0),t.ones(2,3),alpha=2) ;
    m.index_fill(0,L(0,-1),7) ; m.index_fill(0,L(0),t.tensor(1.)) ;
    m.index_copy(0,L(0,1),t.ones(2,3)) ; m.scatter(0,t.tensor([[0,1]]),1.) ;
    m.scatter(0,t.tensor([[0,1]]),t.ones(1,2)) ; m.scatter(0,t.tensor([[0,1]]),t.ones(2,3)) ;
    m.scatter(0,t.tensor([[0,1]]),src=t.ones(1,2)) ; m.scatter(0,t.tensor([[0,1]]),value=2.) ;
    m.scatter_add(0,t.tensor([[0,1]]),t.ones(1,2)) ;
    m.scatter(0,t.tensor([[0,1]],dtype=t.int32),1.) ; m.long().scatter(0,t.tensor([[0,1]]),1.5) ;
    t.masked_select(m,m>1) ; t.masked_select(t.tensor(1.),t.tensor(True)) ; m.masked_fill(m>1,5) ;
    m.masked_fill(m>1,t.tensor(5.)) ; m.masked_fill(t.ones(3).bool(),5) ;
    m.masked_fill(t.ones(4,2,3).bool(),5) ; m.long().masked_fill(t.ones(3).bool(),1.5) ;
    t.take(m,L(0,5)) ; t.take(m,L(0,-1)) ; t.take(m,t.tensor([[0,1]])) ;
    t.take_along_dim(m,t.tensor([[0],[1]]),1) ; t.take_along_dim(m,t.tensor([[0,1,0]]),0) ;
    t.take_along_dim(m,t.tensor([0,1])) ; t.nonzero(m) ; t.nonzero(m,as_tuple=True) ;
    t.nonzero(t.tensor(3.)) ; t.nonzero(t.tensor(3.),as_tuple=True) ; t.nonzero(t.tensor(0.)) ;
    t.where(m>1) ; t.where(m>1,m,0) ; t.where(m>1,1,0) ; t.where(m>1,1.,0) ;
    t.where(m>1,m.long(),0.5) ; t.where(m>1,m.long(),m) ; t.where((m>1).byte(),m,m) ;
    m.where(m>1,0) ; t.topk(v,2) ; t.topk(v,0) ; t.topk(m,2,dim=0) ;
    t.topk(m,2,largest=False,sorted=False) ; t.topk(t.tensor(3.),1) ; t.sort(t.tensor(3.)) ;
    t.sort(m,stable=True) ; t.sort(m,descending=True,stable=True,dim=0) ; m.sort(0,True) ;
    t.argsort(m,stable=True) ; t.argsort(t.tensor(3.)) ; t.argmax(m) ; t.argmax(m,keepdim=True) ;
    t.argmax(t.zeros(0,2),dim=1) ; t.argmax(t.tensor(3.),0) ; t.max(t.zeros(0,2),1) ; t.max(m,0) ;
    t.max(m,t.zeros(3)) ; t.max(t.tensor(3.),0) ;
    t.unique(L(3,1,3),return_inverse=True,return_counts=True) ; t.unique(L(3,1,3),sorted=False) ;
    t.flip(m,[0]) ; m.flip(0) ; m.flip(0,1) ; m.flip(()) ; t.flip(t.tensor(3.),[0]) ;
    t.flip(t.tensor(3.),[]) ; t.roll(m,1) ; t.roll(m,1,0) ; t.roll(m,(1,2),(0,1)) ;
    t.roll(m,(1,1),(0,0)) ; t.roll(t.zeros(0,3),1,0) ; t.roll(t.tensor(3.),1) ; t.rot90(m) ;
    t.rot90(m,1,[0,1]) ; t.rot90(m,5,[1,0]) ; t.cat([m,m]) ; t.cat([m,t.zeros(0)]) ;
    t.cat([t.zeros(0),t.zeros(0)]) ; t.cat([m,t.zeros(0,3)]) ; t.cat([m,t.zeros(2,0)],1) ;
    t.cat([m,m.long()]) ; t.cat([m.long(),m>1]) ; t.cat([m.half(),m.long()]) ; t.cat((m,)) ;
    t.cat(tensors=[m,m],dim=1) ; t.cat([m,m],axis=1) ; t.cat([t.zeros(0),m],1) ;
    t.cat([t.zeros(0,dtype=t.float64),m],1) ; t.stack([m,m],2) ; t.stack([m,m],-3) ;
    t.stack([m,m.long()]) ; t.stack([t.tensor(1.),t.tensor(2.)]) ;
    t.stack([t.zeros(0),t.zeros(0)]) ; t.split(v,3) ; t.split(v,[1,3]) ; t.split(v,[1,1,1,1,0]) ;
    t.split(t.zeros(0),0) ; t.split(t.zeros(0),2) ; v.split(split_size=2) ;
    t.split(v,split_size_or_sections=2) ; t.chunk(v,3) ; t.chunk(t.zeros(7),4) ;
    t.chunk(t.zeros(7),6) ; t.chunk(t.zeros(0),3) ; t.unbind(m) ; t.unbind(m,1) ;
    t.unbind(t.zeros(0,2)) ; t.narrow(m,0,0,2) ; t.narrow(m,0,-1,1) ; t.narrow(m,0,2,0) ;
    t.narrow(m,0,t.tensor(1),1) ; t.select(m,0,1) ; t.select(m,0,-1) ; m.expand(4,2,3) ;
    m.expand(4,-1,3) ; m.expand((2,3)) ; m.expand(size=(2,3)) ; t.zeros(1,3).expand(0,3) ;
    t.tensor(3.).expand(2) ; m.expand_as(t.zeros(5,2,3)) ; m.repeat(2,1) ; m.repeat(2,1,1) ;
    m.repeat(0,1) ; m.repeat((2,1)) ; m.repeat(repeats=(2,2)) ; m.tile(2) ; m.tile(2,2,2) ;
    m.tile(dims=(2,)) ; m.tile(()) ; m.repeat_interleave(2) ; m.repeat_interleave(2,0) ;
    m.repeat_interleave(L(1,2),0) ; m.repeat_interleave(L(2),0) ;
    m.repeat_interleave(t.tensor(2),0) ; m.repeat_interleave(0,0) ;
    m.repeat_interleave(2,dim=1,output_size=6) ; t.repeat_interleave(L(1,2)) ; m.permute(1,0) ;
    m.permute((1,0)) ; m.permute(dims=(1,0)) ; m.permute(-1,0) ; t.tensor(3.).permute(()) ;
    t.transpose(m,0,-1) ; m.transpose(dim0=0,dim1=1) ; t.movedim(x,0,2) ;
    t.movedim(x,(0,1),(2,0)) ; t.squeeze(t.zeros(1,2,1)) ; t.squeeze(t.zeros(1,2,1),0) ;
    t.squeeze(t.zeros(1,2,1),1) ; t.squeeze(t.zeros(1,2,1),(0,2)) ; t.squeeze(t.zeros(1,2,1),()) ;
    t.squeeze(t.tensor(3.),0) ; t.unsqueeze(m,2) ; t.unsqueeze(m,-3) ; m.unsqueeze(dim=0) ;
    m.view(3,2) ; m.view(-1) ; t.zeros(1).view(()) ; m.view([3,2]) ; m.view(t.Size([3,2])) ;
    m.view(size=(3,2)) ; m.t().view(3,2) ; m.t().view(3,1,2) ; m.view(t.tensor(3),2) ;
    t.zeros(0).view(-1) ; t.zeros(0,3).view(2,0) ; m.reshape(-1) ; m.reshape(shape=(3,2)) ;
    t.reshape(m,shape=(3,2)) ; t.reshape(m,(3,2)) ; t.zeros(0,3).reshape(-1) ; m.t().reshape(6) ;
    m.view_as(t.zeros(3,2)) ; m.reshape_as(t.zeros(3,2)) ; x.flatten() ; x.flatten(1) ;
    x.flatten(1,2) ; x.flatten(start_dim=1) ; t.tensor(3.).flatten() ; t.tensor(3.).flatten(0,0) ;
    x.unflatten(1,(3,1)) ; x.unflatten(1,(-1,1)) ; x.unflatten(2,(2,-1)) ;
    x.unflatten(dim=2,sizes=(2,2)) ; x.unflatten(2,[2,2]) ; v.unfold(0,2,1) ; v.unfold(0,2,3) ;
    v.unfold(0,0,1) ; x.unfold(1,2,1) ; x.unfold(dimension=1,size=2,step=1) ; t.diagonal(x) ;
    t.diagonal(x,0,1,2) ; t.diagonal(x,1) ; t.diagonal(x,9) ;
    x.diagonal(offset=0,dim1=-2,dim2=-1) ; t.diag(v) ; t.diag(m) ; t.diag(m,1) ; t.diag(m,9) ;
    t.diag(v,1) ; t.diag_embed(m) ; t.tril(x) ; t.tril(m,diagonal=1) ; t.tril(m>1) ;
    t.meshgrid(v,v) ; t.meshgrid(v,v,indexing='xy') ; t.meshgrid([v,v],indexing='ij') ;
    t.meshgrid(t.tensor(3.),v,indexing='ij') ; t.meshgrid(v,indexing='xy') ;
    t.broadcast_tensors(m,t.zeros(3)) ; t.broadcast_tensors() ; t.broadcast_to(m,(4,2,3)) ;
    t.broadcast_to(m,(4,-1,3)) ; t.broadcast_shapes((2,1),(3,)) ; t.cartesian_prod(v,v) ;
    t.cartesian_prod(v) ; t.tensordot(m,m,2) ; t.tensordot(m,m.t(),1) ;
    t.tensordot(m,m,([0],[0])) ; t.tensordot(m,m,dims=([0,1],[0,1])) ; t.tensordot(m,v,0) ;
    t.einsum('ij,kj->ik',m,m) ; t.einsum('ij->ji',m) ; t.einsum('ij,ij->',m,m) ;
    t.einsum('IJ->JI',m) ; t.einsum('ij,kj->ik',[m,m]) ; t.kron(m,m) ; t.kron(v,m) ;
    t.kron(m,t.tensor(2.)) ; F.pad(m,(1,1)) ; F.pad(m,(1,1,1,1)) ; F.pad(m,(-1,0)) ;
    F.pad(m,(-1,-2)) ; F.pad(m,(1,1),value=3) ; F.pad(m,(1,1),'reflect') ;
    F.pad(m,(2,1),'reflect') ; F.pad(x,(1,1,1,1),'reflect') ; F.pad(x,(1,1,),'reflect') ;
    F.pad(x[None],(1,1,1,1),'reflect') ; F.pad(x[None],(1,1,1,1,1,1),'replicate') ;
    F.pad(x[None],(1,1,1,1,1,1),'reflect') ; F.pad(m,(3,3),'circular') ;
    F.pad(m,(1,1),'reflect',value=0) ; F.pad(m,(1,1),'replicate') ;
    F.pad(m.long(),(1,1),value=1.5) ; F.pad(m>1,(1,1)) ; F.pad(m>1,(1,1),value=True) ;
    F.pad(x,(-1,1,),'replicate') ; F.pad(m.long(),(1,1),'reflect') ;
    F.pad(t.zeros(2,0),(1,1)) ; F.pad(m,()) ; F.pad(m,[1,1]) ; F.pad(t.tensor(3.),()) ;
    m.index_put_((L(0),L(1)),t.tensor(3.)) ;
    m.index_put_((L(0,0),L(1,1)),t.tensor(3.),accumulate=True) ;
    m.masked_scatter_(m>1,t.arange(10.)) ; m.masked_scatter(m>3,t.arange(10.)) ; t.trace(m) ;
    t.tril_indices(3,3) ; t.triu_indices(3,3,1) ; t.bincount(L(0,2,2)) ; t.count_nonzero(m) ;
    t.argwhere(m) ; t.fliplr(m) ; t.flipud(m) ; t.swapdims(m,0,1) ; t.moveaxis(x,0,2) ; t.t(v) ;
    t.numel(x) ; t.hstack([t.tensor(1.),t.tensor(2.)]) ; t.hstack([m,m]) ;
    t.vstack([t.tensor(1.),v[:1]]) ; t.vstack([v,m[:,:1].expand(2,4)]) ; x.size(-1) ;
    x.size(dim=1) ; x.size() ; len(x.shape) ; t.gather(input=m,dim=0,index=t.tensor([[0,1]])) ;
    t.gather(m,dim=0,index=t.tensor([[0,1]])) ; m.gather(axis=0,index=t.tensor([[0,1]])) ;
    m.scatter(dim=0,index=t.tensor([[0,1]]),src=t.ones(1,2)) ;
    t.scatter(input=m,dim=0,index=t.tensor([[0,1]]),value=1.) ;
    t.scatter_add(input=m,dim=0,index=t.tensor([[0,1]]),src=t.ones(1,2)) ;
    t.index_select(input=m,dim=0,index=L(0)) ;
    t.index_add(input=m,dim=0,index=L(0),source=t.ones(1,3)) ;
    t.index_fill(m,dim=0,index=L(0),value=1) ;
    t.index_copy(m,dim=0,index=L(0),source=t.ones(1,3)) ; t.masked_select(input=m,mask=m>1) ;
    m.masked_fill(mask=m>1,value=5) ; t.masked_fill(m,m>1,5) ; t.take(input=m,index=L(1)) ;
    t.take_along_dim(input=m,indices=t.tensor([[0,1,0]]),dim=0) ; t.nonzero(input=m) ;
    t.where(condition=m>1,input=m,other=m) ; t.where(m>1,input=m,other=t.zeros(1)) ;
    m.where(condition=m>1,other=0) ; t.topk(input=m,k=2,dim=1,largest=True,sorted=True) ;
    t.sort(input=m,dim=0,descending=True) ; t.argsort(input=m,dim=0,descending=True) ;
    t.argmax(input=m,dim=1,keepdim=True) ; t.max(input=m,dim=1,keepdim=True) ; t.max(m,axis=1) ;
    t.unique(input=L(1,2,1)) ; t.flip(input=m,dims=[0]) ; t.roll(input=m,shifts=1,dims=0) ;
    t.rot90(input=m,k=1,dims=[0,1]) ; t.cat(tensors=(m,m),dim=0) ; t.stack(tensors=(m,m),dim=0) ;
    t.split(tensor=v,split_size_or_sections=2,dim=0) ; t.chunk(input=v,chunks=2,dim=0) ;
    t.unbind(input=m,dim=0) ; t.narrow(input=m,dim=0,start=0,length=1) ;
    m.narrow(dim=0,start=0,length=1) ; t.select(input=m,dim=0,index=0) ;
    t.transpose(input=m,dim0=0,dim1=1) ; t.permute(input=m,dims=(1,0)) ;
    t.movedim(input=m,source=0,destination=1) ; t.squeeze(input=m,dim=0) ;
    t.unsqueeze(input=m,dim=0) ; t.reshape(input=m,shape=(3,2)) ; t.flatten(input=m,start_dim=0) ;
    t.flatten(m,end_dim=0) ; t.diagonal(input=m,offset=0,dim1=0,dim2=1) ;
    t.tril(input=m,diagonal=0) ; t.meshgrid(v,v,indexing='ij') ;
    t.broadcast_to(input=m,size=(2,2,3)) ; t.tensordot(a=m,b=m,dims=2) ; t.kron(input=m,other=m) ;
    t.kron(m,other=m) ; t.repeat_interleave(input=m,repeats=2,dim=0) ;
    t.repeat_interleave(m,repeats=L(1,2),dim=0) ; t.tile(input=m,dims=(2,)) ; t.tile(m,(2,)) ;
    m.tile((2,2)) ; m.expand_as(other=m) ; m.view_as(other=m) ; m.reshape_as(other=m) ;
    F.pad(input=m,pad=(1,1),mode='constant',value=0) ; t.swapaxes(m,0,1) ; t.concat([m,m],dim=0) ;
    t.concatenate([m,m],dim=0) ; t.concatenate([m,m],axis=0) ; t.vstack(tensors=(m,m)) ;
    t.count_nonzero(input=m,dim=0) ; t.bincount(input=L(1,1),minlength=3) ;
    t.diag(input=v,diagonal=1) ; t.trace(input=m) ; t.fliplr(input=m) ;
    m.index_put((L(0),),t.ones(3)) ;
    m.index_put(indices=(L(0,1),),values=t.ones(3),accumulate=True) ;
    m.masked_scatter(mask=m>1,source=t.arange(9.)) ; x.unflatten(dim=1,sizes=(3,1)) ;
    m.max(1).values ; m.max(1).indices ; m.max(dim=1)[0] ; m.min(1)[1] ; m.sort()[0] ;
    m.topk(1)[1] ; m.argmax(-1) ; m.argmax(axis=1) ; m.size(dim=0) ; m.T ; t.outer(v,v) ;
    m[t.tensor([True,False])] ; m[m>2] ; m[m>2].sum() ; m[t.arange(2),m.argmax(1)] ;
    m[range(2),[0,2]] ; m[m.long()[0]%2] ; m.T[0] ; x[...,0] ; x[:,None,:,None] ;
    x[x.sum((1,2))>70] ; x[:,[0,2]] ; x[:,[True,False,True]] ; x[0][1][2] ;
    m.index_select(-1,L(0,2)) ; m.flatten()[t.tensor(3)] ; m[t.tensor(1)] ; m[-1,-1] ; m[[-1]] ;
    [r for r in m] ; [r.tolist() for r in m] ; list(m.unbind(1)) ; m.roll(1,0) ; m.tolist() ;
    m.shape[0] ; m.shape[-1:] ; t.Size([1,2])+t.Size([3]) ; (m.shape[:1]+(4,)) ; m.shape.numel() ;
    m.size()[0] ; m.new_zeros(m.shape[:-1]+(2,)) ; t.Size([2,3])==(2,3) ; m.shape==t.Size([2,3]) ;
    t.Size((2,3))[::-1] ; t.dot(v,v) ; t.mv(m,v[:3]) ; t.mm(m,m.T) ; t.bmm(x,x.transpose(1,2)) ;
    t.addmm(t.ones(2),m,m.T,beta=0.5,alpha=2) ; v[:2].addmm(m,m.T) ;
    t.addmm(t.full((2,2),float('nan')),m,m.T,beta=0) ; t.addmm(m.long(),L(1,2)[:,None],L(1,1,1)[None],beta=2) ;
    t.baddbmm(t.ones(3),x,x.transpose(1,2),beta=3) ; t.full((2,),t.tensor(2.)) ; t.eye(0,2) ;
    t.arange(1,1,-1) ; t.zeros(0).long()//0 ; t.zeros(0).long()%L(0) ; t.fmod(t.zeros(0).long(),0) ;
"""

REFUSED = """
    t.gather(m,0,L(0,1)) ; t.gather(m,0,t.tensor([[-1,1]])) ; t.gather(m,0,t.tensor([[5,1]])) ;
    t.gather(m,0,t.tensor([[1,1,1,1]])) ; t.gather(m,0,t.tensor([[1,1]],dtype=t.int16)) ;
    t.gather(m,2,t.tensor([[1,1]])) ; t.gather(m,1,t.zeros(3,1,dtype=t.int64)) ;
    t.index_select(m,0,L(0,-1)) ; t.index_select(m,0,L(0,5)) ;
    t.index_select(m,0,t.tensor([[1]])) ; t.index_select(m,0,t.tensor([1],dtype=t.int16)) ;
    t.index_select(m,0,t.tensor([True])) ; t.index_select(m,0,[0]) ;
    m.index_add(0,L(0,0),t.ones(1,3)) ; m.index_add(0,L(0,-1),t.ones(2,3)) ;
    m.index_add(0,L(0,5),t.ones(2,3)) ; m.index_add(0,L(0,1),t.ones(2,3).double()) ;
    m.index_fill(0,L(0,5),7) ; m.index_fill(0,L(0),t.ones(1)) ;
    m.index_copy(0,L(0,-1),t.ones(2,3)) ; m.index_copy(0,L(0),t.ones(2,3)) ;
    m.index_copy(0,L(0),t.ones(3)) ; m.scatter(0,L(0,1),1.) ; m.scatter(0,t.tensor([[0,-1]]),1.) ;
    m.scatter(0,t.tensor([[0,5]]),1.) ; m.scatter(0,t.tensor([[0,1]]),t.ones(1,1)) ;
    m.scatter(0,t.tensor([[0,1]]),t.ones(2,3).double()) ;
    m.scatter(0,t.tensor([[0,1]]),t.tensor(1.)) ; m.scatter(0,t.tensor([[0,1,1,1]]),1.) ;
    m.scatter(0,t.tensor([[0,1]])) ; m.scatter_add(0,t.tensor([[0,1]]),t.ones(1,1)) ;
    m.scatter_add(0,t.tensor([[0,1]]),1.) ;
    m.scatter_add(0,t.tensor([[0,1]]),t.ones(1,2).double()) ;
    t.masked_select(m,t.ones(3,dtype=t.uint8)) ; t.masked_select(m,t.ones(3,dtype=t.int64)) ;
    t.masked_select(m,t.ones(2,dtype=t.bool)) ; m.masked_fill(m>1,t.ones(1)) ;
    m.masked_fill(t.ones(2).bool(),5) ; m.masked_fill(t.ones(3).byte(),5) ;
    m.masked_fill(t.ones(3),5) ; m.long().masked_fill(t.ones(3).bool(),float('-inf')) ;
    m.masked_fill_(t.ones(4,2,3).bool(),5) ; m.masked_fill(m>1,[1]) ; t.take(m,L(0,6)) ;
    t.take_along_dim(m,t.tensor([1]),1) ; t.where(m,m,m) ; t.where(m>1,m) ;
    t.where(m>1,m,t.ones(2)) ; m.where(m>1) ; t.topk(v,5) ; t.topk(v,-1) ; t.topk(m,2,5) ;
    t.sort(m,dim=2) ; t.argmax(m,dim=2) ; t.argmax(t.zeros(0)) ; t.argmax(t.zeros(0,2),dim=0) ;
    t.max(t.zeros(0)) ; t.max(m,(0,1)) ; m.flip(0,0) ; m.flip(2) ; m.flip() ; t.roll(m,(1,2),0) ;
    t.roll(m,1,(0,1)) ; t.roll(m,(1,2)) ; t.roll(m,1,2) ; t.roll(t.tensor(3.),1,0) ;
    t.rot90(m,1,[0,0]) ; t.rot90(v) ; t.rot90(m,1,[0,1,1]) ; t.cat([m,m],2) ;
    t.cat([m,t.zeros(0,2)]) ; t.cat([m,v]) ; t.cat([t.tensor(3.),t.tensor(3.)]) ; t.cat([]) ;
    t.cat(m) ; t.cat([m,[1]]) ; t.cat([m,t.zeros(2,4)],0) ; t.stack([m,m],3) ; t.stack([m,m],-4) ;
    t.stack([]) ; t.stack([m,v]) ; t.stack([v,t.zeros(1)]) ; t.stack(m) ; t.split(v,0) ;
    t.split(v,-1) ; t.split(v,[1,2]) ; t.split(v,[1,-1,4]) ; t.split(v,2,dim=1) ;
    t.split(t.tensor(3.),1) ; t.chunk(v,0) ; t.chunk(v,3,1) ; t.chunk(t.tensor(3.),1) ;
    t.unbind(m,2) ; t.unbind(t.tensor(3.)) ; t.narrow(m,0,0,3) ; t.narrow(m,0,3,0) ;
    t.narrow(m,0,0,-1) ; t.narrow(t.tensor(3.),0,0,1) ; t.select(m,0,2) ; t.select(m,2,0) ;
    t.select(t.tensor(1.),0,0) ; m.expand(-1,2,3) ; m.expand(4,3) ; m.expand(3) ; m.expand(2,-2) ;
    t.zeros(2,3).expand(0,3) ; t.tensor(3.).expand(-1) ; m.expand_as(x) ; m.repeat(2) ;
    m.repeat(-1,1) ; m.repeat() ; t.tensor(3.).repeat() ; m.repeat_interleave(L(1,2)) ;
    m.repeat_interleave(-1,0) ; m.repeat_interleave(2,3) ; m.repeat_interleave([1,2],0) ;
    m.permute(0,0) ; m.permute(0) ; m.permute(0,1,2) ; m.permute(2,0) ; t.tensor(3.).permute() ;
    t.transpose(m,0,2) ; t.transpose(t.tensor(3.),0,1) ; t.movedim(x,(0,1),(2,)) ;
    t.movedim(x,(0,0),(2,1)) ; t.movedim(x,0,3) ; t.squeeze(t.zeros(1,2,1),(0,0)) ;
    t.squeeze(t.zeros(1,2,1),3) ; t.squeeze(t.tensor(3.),1) ; t.unsqueeze(m,3) ;
    t.unsqueeze(m,-4) ; t.unsqueeze(m,(0,1)) ; m.view(4,-1) ; m.view(-1,-1) ; m.view(-2,3) ;
    m.view(7) ; m.view() ; t.zeros(1).view() ; m.view(()) ; m.t().view(6) ; m.view(3.0,2) ;
    m.view('3') ; t.zeros(0).view(-1,0) ; t.zeros(0,3).view(0,-1) ; m.reshape(4) ;
    m.reshape(-1,-1) ; m.reshape(-2,3) ; t.zeros(0,3).reshape(-1,0) ; m.view_as(t.zeros(3,3)) ;
    x.flatten(2,1) ; x.flatten(3) ; x.flatten(0,3) ; t.tensor(3.).flatten(1) ;
    x.unflatten(1,(2,2)) ; x.unflatten(2,()) ; x.unflatten(3,(1,)) ; x.unflatten(2,(-1,-1)) ;
    v.unfold(0,5,1) ; v.unfold(0,2,0) ; v.unfold(1,2,1) ; v.unfold(0,-1,1) ; t.diagonal(x,0,1,1) ;
    t.diagonal(v) ; t.diag(x) ; t.diag(t.tensor(3.)) ; t.tril(v) ; t.meshgrid(v,v,indexing='ab') ;
    t.meshgrid(m,v,indexing='ij') ; t.meshgrid(v,v.long(),indexing='ij') ; t.meshgrid() ;
    t.broadcast_tensors(m,t.zeros(2)) ; t.broadcast_to(m,(4,3)) ; t.cartesian_prod(m,v) ;
    t.tensordot(m,m,1) ; t.tensordot(m,m,([0],[1])) ; t.tensordot(m,v,-1) ; t.einsum('ij,jk',m,m) ;
    t.einsum('ij->ijk',m) ; t.einsum('ij->ii',m) ; t.einsum('i',m) ; t.einsum('ij,ij',m) ;
    F.pad(m,(1,)) ; F.pad(m,(1,1,1,1,1,1)) ; F.pad(m,(-4,0)) ; F.pad(m,(-4,4)) ;
    F.pad(m,(3,1),'reflect') ; F.pad(v,(1,1),'reflect') ; F.pad(x,(1,1,1,1,1,1),'reflect') ;
    F.pad(x[None],(1,1,),'reflect') ; F.pad(x[None],(1,1,1,1,1,1,1,1),'reflect') ;
    F.pad(m,(5,5),'circular') ; F.pad(m,(1,1),'circular',value=1) ;
    F.pad(m,(1,1),'reflect',value=1) ; F.pad(m,(1,1),'foo') ; F.pad(x[None],(-1,1,),'reflect') ;
    F.pad(t.zeros(2,0),(1,1),'replicate') ; F.pad(m,1) ; m.masked_scatter(m>3,t.arange(1.)) ;
    t.fliplr(v) ; t.t(x) ; x.H ; t.hstack([]) ; x.size(3) ; x.shape[5] ; m[m.argmax(1)] ;
    F.pad(m,(0.5,1)) ; t.tril_indices(-1,2) ; t.triu_indices(2,-1) ; t.tril_indices(2.5,1) ;
    t.bincount(L(0,1),minlength=-1) ; t.eye(-1) ; t.eye(2,-1) ; t.eye(2.5) ; t.randperm(-1) ;
    t.randperm(2.5) ; t.randperm(300,dtype=t.uint8) ; t.linspace(0,1,-1) ; t.arange(0,1,0) ;
    t.arange(1,0) ; t.arange(0,float('inf')) ; t.arange(float('nan')) ; t.arange(0,1,float('nan')) ;
    t.full((2,),t.ones(1)) ; t.full((2,),'a') ; t.full((2,),None) ; t.clamp(m) ;
    t.full((2,),t.tensor(2.,requires_grad=True)) ; m.__setitem__(0,None) ; m.__setitem__(0,'3') ;
    m.__setitem__(0,['3',1,2]) ; m.copy_(None) ; m.copy_('3') ; m.copy_([None]) ;
    t.dot(m.T@m,m.T@m) ; t.dot(v,t.ones(3)) ; t.mv(v,v) ; t.mv(m.T@m,m.T@m) ; t.mm(m.T@m,v[:3]) ;
    t.mm(x,x.transpose(1,2)) ; t.bmm(m.T@m,m.T@m) ; t.bmm(x,x[:1].transpose(1,2)) ; m.mm(v[:3]) ;
    t.addmm(t.ones(2,2,2),m,m.T) ; t.addmm(t.ones(2,2),x,x.transpose(1,2)) ;
    t.addmm(t.ones(2).double(),m,m.T) ; t.addmm(t.ones(2).long(),m,m.T) ;
    t.baddbmm(m,m,m.T) ; t.baddbmm(t.ones(3,2,2),m[None],m.T[None]) ;
    F.linear(m,t.ones(2,3),t.ones(2).double()) ;
    F.conv2d(x[None],t.ones(1,2,2,2),t.ones(1).double()) ;
"""


def calls(table):
    return [call.strip() for call in table.replace("\n", " ").split(" ;") if call.strip()]


class Library:
    """What a call is evaluated with, and what may be asked of its results, in either library."""

    def __init__(self, torch, learns):
        self.torch, self.functional = torch, torch.nn.functional
        self.leaves = [self.counted(2, 3, 4), self.counted(2, 3), self.counted(4)]
        if learns:
            self.leaves = [leaf.requires_grad_() for leaf in self.leaves]
        self.x, self.m, self.v = (leaf * 1 for leaf in self.leaves)

    def counted(self, *shape):
        return self.torch.tensor(np.arange(math.prod(shape), dtype="float32").reshape(shape))

    def evaluate(self, call):
        names = {"x": self.x, "m": self.m, "v": self.v, "t": self.torch, "F": self.functional}
        names["L"] = lambda *numbers: self.torch.tensor(numbers)
        return eval(call, names)

    def described(self, value):
        """Its kind, content and sharing, in words that are the same for both libraries."""
        if isinstance(value, (tuple, list)):
            return [self.described(part) for part in value]
        if not isinstance(value, self.torch.Tensor):
            return value
        shared = [shares(value, own) for own in (self.x, self.m, self.v)] if value.numel() else []
        dtype = str(value.dtype).removeprefix("torch.")
        return [tuple(value.shape), dtype, value.detach().tolist(), shared]

    def gradients(self, value):
        """Of the results, weighted by 1, 2, 3, …, by the leaves."""
        losses = []
        for part in value if isinstance(value, (tuple, list)) else [value]:
            if isinstance(part, self.torch.Tensor) and part.requires_grad and part.numel():
                losses.append((part * (self.counted(*part.shape) + 1)).sum())
        if losses:
            sum(losses).backward()
        return [
            np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy() for leaf in self.leaves
        ]


def shares(a, b):
    if isinstance(a, minigan.Tensor):
        return bool(np.may_share_memory(a.array, b.array))
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, of words that it will drop
@pytest.mark.parametrize("learns", [False, True])
def test_what_both_answer_is_alike(torch, learns):
    apart = []
    for call in calls(ANSWERED):
        theirs, ours = Library(torch, learns), Library(mg, learns)
        expected, found = theirs.evaluate(call), ours.evaluate(call)
        if theirs.described(expected) != ours.described(found):
            apart.append((call, theirs.described(expected), ours.described(found)))
        elif learns:
            pairs = zip(theirs.gradients(expected), ours.gradients(found), strict=True)
            apart += [(call, a, b) for a, b in pairs if not np.allclose(a, b)]
    assert apart == []


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_pytorch_refuses_is_refused_with_words(torch):
    accepted = []
    for call in calls(REFUSED):
        for library in (torch, mg):
            try:
                accepted.append((call, library.__name__, Library(library, False).evaluate(call)))
            except (IndexError, ValueError, TypeError, RuntimeError, AttributeError) as error:
                assert str(error), call
            except NotImplementedError:
                assert library is torch, call
    assert accepted == []


# p is a place along an axis of 3.
AT_A_PLACE = """
    t.gather(m,1,t.tensor([[p],[0]])) ; m.scatter(1,t.tensor([[p],[0]]),1.) ;
    m.scatter_(1,t.tensor([[p],[0]]),1.) ; m.scatter(1,t.tensor([[p],[0]]),m) ;
    m.scatter_add(1,t.tensor([[p],[0]]),m) ; m.scatter_add_(1,t.tensor([[p],[0]]),m*1) ;
    m.index_select(1,L(p)) ; m.index_select(1,t.tensor(p)) ; m.index_add(1,L(p),m[:,:1]) ;
    m.index_add_(1,L(p),t.ones(2,1)) ; m.index_copy(1,L(p),m[:,:1]) ; m.index_fill(1,L(p),7.) ;
    m.index_copy_(1,L(p),t.ones(2,1)) ; m.index_fill_(1,L(p),7.) ; t.take(v[:3],L(p)) ;
    t.take_along_dim(v[:3],L(p)) ; t.index_put(v[:3],(L(p),),t.ones(1)) ;
    m.index_put_((L(0),L(p)),t.ones(1),accumulate=True) ; m[:,p] ; m[:,L(p)] ; m[[0],[p]] ;
    m.__setitem__((0,p),1.) ; m.__setitem__((0,L(p)),1.) ; m.select(1,p) ; m.narrow(1,p,1) ;
    m.narrow(1,0,p) ; F.one_hot(L(p,0),3) ; F.one_hot(L(0,p),3) ; F.embedding(L(p),m.T) ;
    F.nll_loss(m,L(p,0)) ; F.nll_loss(m,L(0,p),reduction='none') ; F.cross_entropy(m,L(p,0)) ;
    F.cross_entropy(m,L(0,p),ignore_index=-1) ; F.nll_loss(m,L(0,p),ignore_index=3) ;
    F.cross_entropy(v[:3],t.tensor(p)) ; F.cross_entropy(m[...,None],L(0,p)[:,None]) ;
    F.cross_entropy(m,L(0,p),weight=t.ones(3)) ; F.nll_loss(m,L(p,p),weight=t.ones(3)) ;
"""


@pytest.mark.parametrize("place", [-4, -3, -1, 0, 2, 3, 5])
def test_a_place_that_is_not_there_raises_what_pytorch_raises(torch, place):
    """The same kind of error, which names the place, for the same places; else the same answer."""
    apart = []
    for call in calls(AT_A_PLACE):
        at = re.sub(r"\bp\b", str(place), call)
        answers = []
        for library in (torch, mg):
            try:
                answers.append(library_answer(library, at))
            except Exception as error:
                answers.append(error)
        theirs, ours = answers
        if isinstance(theirs, Exception):
            if not isinstance(ours, type(theirs)) or str(place) not in str(ours):
                apart.append((at, theirs, ours))
        elif isinstance(ours, Exception) or not np.allclose(theirs, ours, 1e-5, equal_nan=True):
            apart.append((at, theirs, ours))
    assert apart == []


def library_answer(torch, call):
    library = Library(torch, False)
    value = library.evaluate(call)
    return (library.m if value is None else value).tolist()  # None of what was changed in place


# -- random indices --------------------------------------------------------------------------------


def some_index(r):
    """A shape, and a function that makes an index for it with the tensors of a library."""
    shape = tuple(
        r.choice([1, 2, 3, 3, 4, 0 if r.random() < 0.1 else 2]) for _ in range(r.randint(0, 4))
    )
    broadcast = r.choice([(2,), (3,), (2, 2), (1,), (2, 1)])
    parts, left, dots = [], list(shape), False
    for _ in range(r.randint(1, 4)):
        if not dots and r.random() < 0.15:
            left = left[r.randint(0, len(left)) :]
            parts.append(lambda m: ...)
            dots = True
            continue
        make, used = some_part(r, left, broadcast)
        parts.append(make)
        left = left[used:]
    if dots:
        parts += [lambda m: slice(None)] * len(left)
    single = len(parts) == 1 and r.random() < 0.7
    return shape, lambda m: parts[0](m) if single else tuple([part(m) for part in parts])


def some_part(r, left, broadcast):
    """One part, and how many axes it takes up; now and then it does not fit."""
    size = left[0] if left else 3
    kind = r.choice("isssN...tttmlanzbe" if left else "Nb" * 9 + "i")
    low, high = (-size, size) if r.random() > 0.05 else (-size - 1, size + 1)
    count = math.prod(broadcast)
    places = [r.randrange(low, max(high, low + 1)) for _ in range(count)]
    places = np.array(places if size else [], dtype="int64")
    places = places.reshape(broadcast if size else (0,))
    if kind == "i":
        return (lambda m, n=int(places.flat[0]) if size else 0: n), 1
    if kind == "s":
        bounds = [r.choice([None, None, 0, 1, 2, -1, -2, 5]) for _ in range(2)]
        step = r.choice([None, None, 1, 2, 3, -1 if r.random() < 0.2 else 1])
        return (lambda m: slice(*bounds, step)), 1
    if kind == "m":
        taken = left[: r.randint(1, len(left))]
        grown = [n + (r.random() < 0.03) for n in taken]
        mask = np.array([r.random() < 0.5 for _ in range(math.prod(grown))], bool).reshape(grown)
        return (lambda m: m.tensor(mask)), len(taken)
    if kind in "tz":
        dtype = r.choice(["int64", "int64", "int32", "int16" if kind == "z" else "int64"])
        places = places.reshape(-1)[0] if kind == "z" and size else places
        return (lambda m: m.tensor(np.asarray(places, dtype))), 1
    if kind == "b":
        truth = r.random() < 0.8
        return (lambda m: truth) if r.random() < 0.5 else (lambda m: m.tensor(truth)), 0
    if kind == "e":
        truths = [r.random() < 0.5 for _ in range(size)]
        return (lambda m: truths), 1
    return {
        "N": ((lambda m: None), 0),
        ".": ((lambda m: slice(None)), 1),
        "l": ((lambda m: places.reshape(-1).tolist()), 1),
        "a": ((lambda m: places), 1),
        "n": ((lambda m: np.int64(places.flat[0]) if size else 0), 1),
    }[kind]


def picked(m, shape, index):
    x = m.tensor(np.arange(1.0, math.prod(shape) + 1, dtype="float32").reshape(shape))
    x.requires_grad_()
    try:
        y = x[index(m)]
    except (IndexError, ValueError, TypeError, RuntimeError):
        return "refused"
    if not y.numel():
        return tuple(y.shape), [], [], None
    weights = np.arange(1.0, y.numel() + 1, dtype="float32").reshape(tuple(y.shape))
    (y * m.tensor(weights)).sum().backward()
    return tuple(y.shape), y.tolist(), x.grad.tolist(), shares(y.detach(), x.detach())


def written(m, shape, index, size):
    x = m.tensor(np.arange(1.0, math.prod(shape) + 1, dtype="float32").reshape(shape))
    values = -np.arange(1.0, math.prod(size) + 1, dtype="float32").reshape(size)
    x.requires_grad_()
    learned, changed = m.tensor(values).requires_grad_(), x * 1
    try:
        changed[index(m)] = learned
    except (IndexError, ValueError, TypeError, RuntimeError):
        return "refused"
    (changed * changed * changed).sum().backward()
    gradient = np.zeros(size) if learned.grad is None else learned.grad.numpy()
    return changed.tolist(), x.grad.tolist(), gradient.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_an_index_is_read_as_pytorch_reads_it(torch, seed):
    read = refused = 0
    for number in range(500):
        r = random.Random(1000 * seed + number)
        shape, index = some_index(r)
        expected, found = picked(torch, shape, index), picked(mg, shape, index)
        if expected == "refused" or found == "refused":
            refused += 1
            # Positions out of range that nothing is taken from: one refuses, the other need not.
            empty = 0 in shape or (expected if found == "refused" else found)[1] == []
            assert expected == found or empty, (shape, index(mg), expected, found)
            continue
        read += 1
        assert found == expected, (shape, index(mg))
        ids = torch.arange(math.prod(shape)).reshape(shape)[index(torch)]
        if len(ids.unique()) == ids.numel():  # else it is open which value is written last
            size = tuple(1 if r.random() < 0.2 else n + (r.random() < 0.05) for n in ids.shape)
            size = size[r.randint(0, len(size)) :] if r.random() < 0.3 else size
            both = [written(m, shape, index, size) for m in (torch, mg)]
            assert both[0] == both[1], (shape, index(mg), size)
    assert read > 300 and refused > 20  # the random indices are worth their time


# -- on both backends ------------------------------------------------------------------------------


def counting(*shape):
    return wrap(B.xp.arange(math.prod(shape)).astype("float32").reshape(shape))


def test_axes_stand_where_pytorch_puts_them(backend):
    x, i = counting(2, 3, 4), mg.tensor([3, 0, 3, 1, 1])
    assert x[0, :, i].shape == (3, 5) and x[0, :, i].tolist() == x[0][:, i].tolist()
    assert x[mg.tensor(1), :, [0, 1]].tolist() == x[1][:, :2].tolist()
    assert x[0, None, :, i].shape == (1, 3, 5) and x[:, 0, i].shape == (2, 5)
    assert x[[1, 0], :, 0].tolist() == [[12, 16, 20], [0, 4, 8]]
    assert x[0, :, x[0, 0] > 1].tolist() == [[2, 3], [6, 7], [10, 11]]
    assert x[:, True].shape == (2, 1, 3, 4) and x[0, :, True].shape == (3, 1, 4)
    with pytest.raises(IndexError, match="does not fit"):
        x[0, :, mg.tensor([True, False])]


def test_an_index_may_change_before_backward(backend):
    x, i = counting(3).requires_grad_(), mg.tensor([0, 0])
    loss = (x[i] + x.gather(0, i)).sum()
    i.add_(2)
    loss.backward()
    assert x.grad.tolist() == [4, 0, 0]


def test_numbers_are_views_as_well(backend):
    x = counting(3)
    x[1].mul_(10)
    for part in x:
        part.add_(1)
    assert x.tolist() == [1, 11, 3]


def test_sums_at_positions_are_exact(backend):
    x, i = mg.zeros(3), mg.tensor([1, 1, 2])
    assert x.index_add(0, i, mg.ones(3)).tolist() == [0, 2, 1]
    assert x.scatter_add_(0, i, mg.ones(3)).tolist() == [0, 2, 1] == x.tolist()
    x.index_put_((i,), mg.ones(3), accumulate=True)
    assert x.tolist() == [0, 4, 2]


def test_views_reach_what_they_are_views_of(backend):
    x = mg.zeros(3, 3)
    x.diagonal().fill_(2)
    x.unfold(0, 2, 1)[1, 0].fill_(5)
    assert x.tolist() == [[2, 0, 0], [5, 2, 0], [5, 0, 2]]
    for copy in (x.repeat(1, 1), x.tile(1), x[:1].repeat(3, 1), x.repeat_interleave(1, 0)):
        copy.fill_(7)
    assert x.sum() == 16


def test_a_view_is_refused_where_pytorch_refuses_it_and_nowhere_else(backend):
    with pytest.raises(RuntimeError, match="use reshape, or contiguous"):
        counting(2, 3).t().view(6)
    images = mg.nn.functional.conv2d(counting(2, 3, 5, 5), counting(4, 3, 3, 3))
    assert images.view(2, -1).tolist() == images.reshape(2, -1).tolist()  # channels lie last
    assert counting(2, 3, 4)[:, [2, 0]].view(-1).shape == (16,)  # a copy, however it lies


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x[::-1], ValueError, "use flip"),
        (lambda x: x[mg.tensor([0.0])], IndexError, "int64 or bool, not float32"),
        (lambda x: x[1.0], IndexError, "ints, slices"),
        (lambda x: x[[0.5]], IndexError, "int64 or bool"),
        (lambda x: x[..., ...], IndexError, "single ellipsis"),
        (lambda x: x.gather(0, mg.tensor([[0, -1]])), RuntimeError, "index -1 is out of bounds"),
        (lambda x: x.gather(0, mg.tensor([0])), RuntimeError, "use index.expand"),
        (lambda x: x.index_select(1, mg.tensor([3])), IndexError, "axis of size 3"),
        (lambda x: x.gather(0, mg.zeros(1, 1)), RuntimeError, "use index.long"),
        (lambda x: x.scatter(0, mg.tensor([[0]]), 1.0, reduce="add"), RuntimeError, "scatter_add"),
        (lambda x: x.masked_fill(x, 1), RuntimeError, "as mask != 0"),
        (lambda x: x.long().masked_fill(x > 1, math.inf), RuntimeError, "inf is no int64"),
        (lambda x: x.view(mg.int32), TypeError, "another dtype use .to"),
        (lambda x: x.reshape(-2, 3), ValueError, "one may be -1"),
        (lambda x: x.requires_grad_().unique(), RuntimeError, "unique.x.detach"),
        (lambda x: mg.einsum("ij,ij->i", x, x.reshape(3, 2)), RuntimeError, "sizes 2 and 3"),
        (lambda x: mg.meshgrid(x, x), RuntimeError, "give vectors"),
        (lambda x: mg.cat(x), TypeError, "a list or tuple"),
        (lambda x: x.expand(4, 3), RuntimeError, "broadcast"),
        (lambda x: x.roll((1, 2), 0), RuntimeError, "a shift for each"),
    ],
)
def test_a_refusal_names_the_cure(call, error, words):
    with pytest.raises(error, match=words):
        call(counting(2, 3))
